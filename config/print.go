package config

import (
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Print writes the resolved configuration as YAML, defaults included and secrets
// left out: of a secret only the place it comes from is shown. What it writes
// can be read again.
func (c *Config) Print(w io.Writer) error {
	text, err := yaml.MarshalWithOptions(mapping(reflect.ValueOf(*c)), yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("printing the configuration: %w", err)
	}
	_, err = fmt.Fprintf(w, "# The configuration as idjourney sees it. reference_key: %s. Secrets are named, never shown.\n%s", c.ReferenceKey, text)
	if err != nil {
		return fmt.Errorf("printing the configuration: %w", err)
	}
	return nil
}

func mapping(v reflect.Value) yaml.MapSlice {
	var m yaml.MapSlice
	for _, fd := range fieldsOf(v) {
		if shown := printable(fd.value); shown != nil {
			m = append(m, yaml.MapItem{Key: fd.key, Value: shown})
		}
	}
	return m
}

// printable returns what YAML shows for a value, nil for nothing. Types that
// are not listed here are plain numbers, texts and switches.
func printable(v reflect.Value) any {
	if v.IsZero() {
		return nil
	}
	switch x := v.Interface().(type) {
	case Secret:
		return printableSecret(x)
	case LedgerURL:
		return x.String()
	case netip.Prefix:
		return x.String()
	case time.Duration:
		return shortDuration(x)
	case WebhookAuth:
		return printableAuth(x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return printable(v.Elem())
	case reflect.Struct:
		return mapping(v)
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, printable(v.Index(i)))
		}
		return list
	case reflect.String:
		return withoutQuery(v.String())
	}
	return v.Interface()
}

func printableSecret(s Secret) any {
	switch {
	case s.SecretEnv == envName("reference_key"), s.SecretEnv == "" && s.SecretFile == "":
		return nil
	case s.SecretEnv != "":
		return yaml.MapSlice{{Key: "secret_env", Value: s.SecretEnv}}
	}
	return yaml.MapSlice{{Key: "secret_file", Value: s.SecretFile}}
}

func printableAuth(w WebhookAuth) any {
	m := mapping(reflect.ValueOf(w))
	for i := range m {
		if m[i].Key == "auth" {
			m[i].Value = "none"
		}
	}
	return m
}

// withoutQuery hides the query of an address: some endpoints take a key there.
func withoutQuery(text string) string {
	if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.RawQuery == "" {
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
