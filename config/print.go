package config

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Print writes the resolved configuration as YAML, defaults included and secrets
// left out: of a secret only the place it comes from is shown. What it writes
// can be read again.
func (c *Config) Print(w io.Writer) error {
	shown := *c
	if key := c.ReferenceKey; key.SecretEnv == envName("reference_key") || key.SecretEnv == "" && key.SecretFile == "" {
		shown.ReferenceKey = Secret{} // given without being named in the file
	}
	text, err := yaml.MarshalWithOptions(shown, yaml.IndentSequence(true), yaml.OmitZero(),
		yaml.CustomMarshaler(func(s Secret) ([]byte, error) {
			if s.SecretEnv != "" {
				return fmt.Appendf(nil, "{secret_env: %s}", s.SecretEnv), nil
			}
			return fmt.Appendf(nil, "{secret_file: %q}", s.SecretFile), nil
		}),
		yaml.CustomMarshaler(func(d time.Duration) ([]byte, error) { return []byte(shortDuration(d)), nil }),
		yaml.CustomMarshaler(func(s string) ([]byte, error) { return yaml.Marshal(withoutQuery(s)) }),
		yaml.CustomMarshaler(func(NoAuth) ([]byte, error) { return []byte("none"), nil }),
	)
	if err == nil {
		_, err = fmt.Fprintf(w, "# The configuration as idjourney sees it. reference_key: %s. Secrets are named, never shown.\n%s", c.ReferenceKey, text)
	}
	if err != nil {
		return fmt.Errorf("printing the configuration: %w", err)
	}
	return nil
}

// withoutQuery hides the query of an address: some endpoints take a key there.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.RawQuery == "" || u.Scheme != "http" && u.Scheme != "https" {
		return text
	}
	u.RawQuery = "hidden"
	return u.String()
}

// shortDuration writes 1h instead of Go's 1h0m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
