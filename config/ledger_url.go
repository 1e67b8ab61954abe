package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// LedgerURL is the ledger's address. It may hold a password, which no form of
// printing shows.
type LedgerURL struct{ hidden *string }

// NewLedgerURL returns the URL as a value that keeps its password to itself.
func NewLedgerURL(text string) LedgerURL { return LedgerURL{&text} }

// Reveal returns the whole URL, for opening the ledger.
func (u LedgerURL) Reveal() string {
	if u.hidden == nil {
		return ""
	}
	return *u.hidden
}

// String returns the URL without a password.
func (u LedgerURL) String() string {
	if rest, ok := strings.CutPrefix(u.Reveal(), "sqlite:"); ok {
		return "sqlite:" + rest
	}
	parsed, err := url.Parse(u.Reveal())
	if err != nil || parsed.Host == "" {
		return "[set]"
	}
	query := parsed.Query()
	query.Del("password")
	query.Del("sslpassword")
	shown := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path, RawQuery: query.Encode()}
	if name := parsed.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// Format prints the same under every verb.
func (u LedgerURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue keeps a password out of logs.
func (u LedgerURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText keeps a password out of JSON and YAML.
func (u LedgerURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// hasPassword reports whether the URL carries a password in its user part or,
// as PostgreSQL allows, in its query.
func (u LedgerURL) hasPassword() bool {
	parsed, err := url.Parse(u.Reveal())
	if err != nil {
		return strings.Contains(u.Reveal(), "@")
	}
	if _, ok := parsed.User.Password(); ok {
		return true
	}
	query := parsed.Query()
	return query.Has("password") || query.Has("sslpassword")
}
