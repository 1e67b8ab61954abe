package config

import (
	_ "embed"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
	"text/template"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed reference.md.tmpl
var referencePage string

// Reference writes the Markdown reference of all keys from what the code reads.
func Reference(w io.Writer) error {
	page := template.Must(template.New("").Funcs(template.FuncMap{"short": shortDuration}).Parse(referencePage))
	err := page.Execute(w, map[string]any{
		"Sections": tables("Top level", "", reflect.ValueOf(*sample())), "Activities": defaultActivities(), "Step": stepDefaults(),
	})
	if err != nil {
		return fmt.Errorf("writing the reference: %w", err)
	}
	return nil
}

// sample is a configuration with one of everything and nothing set: its values are the
// defaults.
func sample() *Config {
	c := &Config{API: API{Tokens: make([]Token, 1)}, Calendars: []Calendar{{
		Weekly: make([]WeeklyHours, 1), Dates: make([]DateHours, 1),
	}}, Accounts: []Account{{
		Paths: make([]PathOverride, 1),
		Webhook: WebhookAuth{
			Basic: make([]BasicCredential, 1), Headers: make([]HeaderCredential, 1),
		},
		Government: &Government{},
		Endpoints:  make([]Endpoint, 1),
		Flows:      []Flow{{Steps: []Step{{Patience: time.Hour, HTTP: &HTTPCall{}}}}},
	}}}
	c.setDefaults()
	a := &c.Accounts[0]
	a.BaseURL, a.Overrides = "", Policy{}
	a.Flows[0].Policy = Policy{}
	a.Flows[0].Steps[0].Patience, a.Flows[0].Steps[0].HTTP.Timeout = 0, 0
	c.Activities = make([]ActivityOptions, 1)
	return c
}

// table is the reference of one section's keys.
type table struct {
	Title string
	Rows  []row
}

type row struct{ Key, Env, Default, Kind, Doc string }

// tables returns the table of a section, then those of the sections below it.
func tables(title, path string, v reflect.Value) []table {
	of := table{Title: title}
	var below []table
	for _, fd := range fieldsOf(v) {
		t, key := fd.value.Type(), join(path, fd.key)
		r := row{Key: fd.key, Default: defaultText(fd.value), Kind: kindText(t), Doc: fd.doc}
		switch shapeOf(t) {
		case leaf:
			if !strings.Contains(key, "[]") {
				r.Env = envName(key)
			}
		case section:
			if t != reflect.TypeFor[Policy]() || path == "" { // else the same keys as the top level's
				below = append(below, tables(key, key, reflect.Indirect(fd.value))...)
			}
		case items:
			below = append(below, tables(key+"[]", key+"[]", fd.value.Index(0))...)
		}
		of.Rows = append(of.Rows, r)
	}
	return append([]table{of}, below...)
}

// defaultText is the default's column; keys without one stay empty.
func defaultText(v reflect.Value) string {
	if shapeOf(v.Type()) != leaf || v.IsZero() || v.Type() == secretType {
		return ""
	}
	if d, ok := v.Interface().(time.Duration); ok {
		return shortDuration(d)
	}
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v)
	}
	var list []string
	for i := range v.Len() {
		list = append(list, defaultText(v.Index(i)))
	}
	return strings.Join(list, ", ")
}

// kindText says how the value is written where the meaning does not.
func kindText(t reflect.Type) string {
	durationType := reflect.TypeFor[time.Duration]()
	switch {
	case t.Kind() == reflect.Slice && t.Elem() == secretType:
		return "*List of secrets.* "
	case t.Kind() == reflect.Slice && t.Elem() == durationType:
		return "*List of durations.* "
	case t.Kind() == reflect.Slice:
		return "*List.* "
	case shapeOf(t) == section:
		return "*Section.* "
	case t == secretType:
		return "*Secret.* "
	case t == durationType:
		return "*Duration.* "
	}
	return ""
}

// Print writes the resolved configuration as YAML that can be read again: defaults included,
// and of a secret only the place it comes from.
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
