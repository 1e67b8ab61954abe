package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// redacted is a text that shows another in its place, however it is printed. The fields are
// pointers because fmt prints raw fields when a verb does not fit the value around them.
type redacted struct{ text, shown *string }

// Reveal returns the text itself. Hand it to what needs it, nothing else.
func (r redacted) Reveal() string {
	if r.text == nil {
		return ""
	}
	return *r.text
}

// String returns what may be shown.
func (r redacted) String() string {
	if r.shown == nil {
		return "[not set]"
	}
	return *r.shown
}

// IsZero lets YAML leave out what was never given.
func (r redacted) IsZero() bool { return r.text == nil }

// Format prints the same under every verb; String alone would leave %x and %#v.
func (r redacted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue keeps the text out of logs.
func (r redacted) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText keeps the text out of JSON and YAML.
func (r redacted) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Secret is a secret and the name of the place it comes from. However it is
// printed, logged or marshalled, it shows "[set]" or "[not set]".
type Secret struct {
	SecretEnv  string `yaml:"secret_env" doc:"Environment variable that holds the secret."`
	SecretFile string `yaml:"secret_file" doc:"File that holds the secret; one line break at its end is ignored."`
	redacted
}

// NewSecret returns a Secret that comes from no configuration.
func NewSecret(value string) (s Secret) {
	s.set(value)
	return s
}

func (s *Secret) set(value string) {
	shown := "[set]"
	if value == "" {
		shown = "[not set]"
	}
	s.redacted = redacted{&value, &shown}
}

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// LedgerURL is the ledger's address. It may hold a password, which no form of
// printing shows.
type LedgerURL struct{ redacted }

// NewLedgerURL returns the URL as a value that keeps its password to itself.
func NewLedgerURL(text string) LedgerURL {
	shown := "[set]"
	if parsed, err := url.Parse(text); strings.HasPrefix(text, "sqlite:") {
		shown = text
	} else if err == nil && parsed.Host != "" {
		query := parsed.Query()
		query.Del("password")
		query.Del("sslpassword")
		bare := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path, RawQuery: query.Encode()}
		if name := parsed.User.Username(); name != "" {
			bare.User = url.User(name)
		}
		shown = bare.String()
	}
	return LedgerURL{redacted{&text, &shown}}
}

// hasPassword reports whether the URL carries a password in its user part or,
// as PostgreSQL allows, in its query.
func (u LedgerURL) hasPassword() bool {
	parsed, err := url.Parse(u.Reveal())
	if err != nil {
		return strings.Contains(u.Reveal(), "@")
	}
	_, ok := parsed.User.Password()
	return ok || parsed.Query().Has("password") || parsed.Query().Has("sslpassword")
}
