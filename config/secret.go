package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a secret and the name of the place it comes from. However it is
// printed, logged or marshalled, it shows "[set]" or "[not set]".
type Secret struct {
	SecretEnv  string `mapstructure:"secret_env" doc:"Environment variable that holds the secret."`
	SecretFile string `mapstructure:"secret_file" doc:"File that holds the secret; one line break at its end is ignored."`
	// hidden is a pointer because fmt prints raw fields, without asking any method,
	// when a verb does not fit the value around them.
	hidden *string
}

// NewSecret returns a Secret that comes from no configuration: for tests and for
// programs that make their own.
func NewSecret(value string) Secret { return Secret{hidden: &value} }

// Reveal returns the secret itself. Hand it to what needs it, nothing else.
func (s Secret) Reveal() string {
	if s.hidden == nil {
		return ""
	}
	return *s.hidden
}

// IsSet reports whether there is a secret.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// String returns "[set]" or "[not set]".
func (s Secret) String() string {
	if s.IsSet() {
		return "[set]"
	}
	return "[not set]"
}

// Format prints the same under every verb; String alone would leave %x and %#v.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secret out of JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
