package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
)

// Everything that has to know all keys (environment variables, secrets, checks,
// reference) walks the same structs by their tags, so that none can miss one.

// field is one key of the configuration, by its tags: yaml is the key, default its value,
// check a rule of validateKeys, doc its meaning. An item of a list has only the value.
type field struct {
	key, doc, check, standard string
	value                     reflect.Value
}

// shape is how a key is written in YAML.
type shape int

const (
	leaf    shape = iota // a scalar, a list of scalars, a secret
	section              // a mapping
	items                // a list of mappings
)

var (
	secretType    = reflect.TypeFor[Secret]()
	ledgerURLType = reflect.TypeFor[LedgerURL]()
	prefixType    = reflect.TypeFor[netip.Prefix]()
)

func shapeOf(t reflect.Type) shape {
	switch {
	case t == secretType || t == ledgerURLType || t == prefixType:
		return leaf
	case t.Kind() == reflect.Struct:
		return section
	case t.Kind() == reflect.Pointer:
		return shapeOf(t.Elem())
	case t.Kind() == reflect.Slice && shapeOf(t.Elem()) == section:
		return items
	}
	return leaf
}

// fieldsOf lists the keys of a struct in their order.
func fieldsOf(v reflect.Value) []field {
	var list []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if key := tag.Get("yaml"); key != "" {
			list = append(list, field{key, tag.Get("doc"), tag.Get("check"), tag.Get("default"), v.Field(i)})
		}
	}
	return list
}

// visit calls f for fd and for every key and item below it. A path reads like
// accounts[acme].webhook.bearer[0].
func visit(path string, fd field, f func(path string, fd field)) {
	f(path, fd)
	switch v := reflect.Indirect(fd.value); {
	case !v.IsValid(): // an optional section that is left out
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			visit(itemPath(path, i, nameOf(v.Index(i))), field{value: v.Index(i)}, f)
		}
	case shapeOf(v.Type()) == section:
		for _, key := range fieldsOf(v) {
			visit(join(path, key.key), key, f)
		}
	}
}

// itemPath names an item by its name where it has one: a person finds "acme"
// sooner than the third item.
func itemPath(path string, i int, name string) string {
	if name == "" {
		return fmt.Sprintf("%s[%d]", path, i)
	}
	return fmt.Sprintf("%s[%s]", path, name)
}

func nameOf(item reflect.Value) string {
	if shapeOf(item.Type()) == section {
		for _, name := range []string{"Name", "ID", "Dataset"} {
			if f := item.FieldByName(name); f.IsValid() && f.String() != "" {
				return f.String()
			}
		}
	}
	return ""
}

func join(path, key string) string {
	return strings.TrimPrefix(path+"."+key, ".")
}

// envKeys maps the environment variable of every key outside of lists to the key.
func envKeys() map[string]string {
	keys := map[string]string{}
	visit("", field{value: reflect.ValueOf(Config{})}, func(path string, fd field) {
		if shapeOf(fd.value.Type()) == leaf {
			keys[envName(path)] = path
		}
	})
	return keys
}

const envPrefix = "IDJOURNEY_"

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

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
