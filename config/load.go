package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Load reads the configuration file at path. environ is in the form of os.Environ. The error
// joins one sentence for each fault, and holds no secret. A live account with unconfirmed
// paths is a fault.
func Load(path string, environ []string) (*Config, error) { return load(path, environ, true) }

// LoadUnconfirmed is Load for what never runs a journey: above all for the doctor, which
// confirms the paths of a live account.
func LoadUnconfirmed(path string, environ []string) (*Config, error) {
	return load(path, environ, false)
}

// Read is Load for a configuration that is not in a file.
func Read(yaml io.Reader, environ []string) (*Config, error) { return read(yaml, environ, true) }

func load(path string, environ []string, confirmed bool) (*Config, error) {
	if path == "" {
		return nil, errors.New("no configuration is named: give its path with --config or IDJOURNEY_CONFIG")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the configuration: %w", err)
	}
	defer func() { _ = file.Close() }()
	c, err := read(file, environ, confirmed)
	if err != nil {
		return nil, fmt.Errorf("configuration %s:\n%w", path, err)
	}
	return c, nil
}

func read(yaml io.Reader, environ []string, confirmed bool) (*Config, error) {
	text, err := io.ReadAll(yaml)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("the configuration is not YAML: %s", withoutContent(err))
	}
	env := environment(environ)
	found := &faults{}
	found.emptySections(text)
	fileChecks(v, found)
	// Not viper's AutomaticEnv: it never reaches a key that the file leaves out.
	for name, key := range envKeys() {
		if value := env[name]; value != "" && key != "reference_key" {
			v.Set(key, value)
		}
	}
	c := &Config{}
	err = v.UnmarshalExact(c, viper.DecodeHook(decodeHook), func(d *mapstructure.DecoderConfig) { d.TagName = "yaml" })
	found.decoding(err)
	c.setDefaults()
	c.resolve(env, found)
	unknownVariables(c, env, found)
	c.validate(found)
	if confirmed && len(found.list) == 0 {
		c.validateConfirmed(found)
	}
	if err := errors.Join(found.list...); err != nil {
		return nil, err
	}
	return c, nil
}

// environment turns os.Environ's form into a map. Empty variables count as not set:
// compose files write NAME= for a variable without a value.
func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && value != "" {
			env[name] = value
		}
	}
	return env
}

// fileChecks refuses secrets in the file itself, before the environment is put over it.
func fileChecks(v *viper.Viper, found *faults) {
	if _, ok := v.Get("reference_key").(string); ok {
		v.Set("reference_key", map[string]any{})
		found.add("reference_key", "is written in the file: make a new key, and give it by %s or reference_key_file", envName("reference_key"))
	}
	if NewLedgerURL(v.GetString("ledger.url")).hasPassword() {
		found.add("ledger.url", "has a password in the file: give the URL by %s or ledger.url_file", envName("ledger.url"))
	}
}

// kubernetesLink matches what Kubernetes puts into every container for a Service
// whose name begins with idjourney.
var kubernetesLink = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

// unknownVariables finds misspelt IDJOURNEY_… variables.
func unknownVariables(c *Config, env map[string]string, found *faults) {
	known := envKeys()
	known[envPrefix+"CONFIG"] = ""
	known[c.ReferenceKey.SecretEnv] = ""
	for _, s := range c.secrets() {
		known[s.secret.SecretEnv] = ""
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		_, ok := known[name]
		if !ok && strings.HasPrefix(name, envPrefix) && !kubernetesLink.MatchString(name) {
			found.add(name, "is an environment variable that belongs to no key: correct its name, or unset it")
		}
	}
}

var quoted = regexp.MustCompile("`[^`]*`")

// withoutContent drops the pieces of the file that YAML's errors quote: they could be a
// secret.
func withoutContent(err error) string {
	return quoted.ReplaceAllString(strings.ReplaceAll(err.Error(), "\n", " "), "…")
}

// decoders read the types that are no plain scalars and lists.
var decoders = map[reflect.Type]func(data any) (any, error){
	secretType: func(data any) (any, error) {
		if _, ok := data.(map[string]any); !ok {
			return nil, errors.New("a secret is never written in the configuration: replace it, and name where it is by secret_env or secret_file")
		}
		return data, nil
	},
	ledgerURLType: func(data any) (any, error) {
		text, ok := data.(string)
		if !ok {
			return nil, errors.New("it is text: write it in quotes")
		}
		return NewLedgerURL(text), nil
	},
	reflect.TypeFor[WebhookAuth](): func(data any) (any, error) {
		if _, ok := data.(map[string]any); !ok {
			return nil, errors.New("write one or more of basic, bearer, headers and allow_ips below it, or auth: none")
		}
		return data, nil
	},
	reflect.TypeFor[NoAuth](): func(data any) (any, error) {
		if data != "none" {
			return nil, errors.New("auth can only be none; configure basic, bearer, headers or allow_ips instead")
		}
		return true, nil
	},
	reflect.TypeFor[time.Duration](): decodeDuration,
	prefixType:                       decodePrefix,
}

// decodeHook is strict where the decoder is not: an unquoted flow id 64e12 is a number to
// YAML, and a duration of 30 would be 30 nanoseconds.
func decodeHook(from, to reflect.Type, data any) (any, error) {
	if decode, ok := decoders[to]; ok {
		return decode(data)
	}
	if day, ok := data.(time.Time); ok && to == reflect.TypeFor[Date]() { // YAML reads a date without quotes as one
		return day.Format(time.DateOnly), nil
	}
	if to.Kind() == reflect.Slice {
		return decodeList(from, to, data)
	}
	return data, checkScalar(from.Kind(), to.Kind())
}

func decodeDuration(data any) (any, error) {
	text, ok := data.(string)
	if !ok {
		return nil, errors.New("a duration needs a unit, for example 30s, 10m or 168h")
	}
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("it is not a duration: write, for example, 30s, 10m or 168h")
	}
	return d, nil
}

func decodePrefix(data any) (any, error) {
	text, ok := data.(string)
	if !ok {
		return nil, errors.New("write an address or a network, for example 10.1.2.3 or 10.1.0.0/16")
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address or a network: write, for example, 10.1.2.3 or 10.1.0.0/16", text)
	}
	return prefix.Masked(), nil
}

// decodeList splits a list that came as one text, as from the environment.
func decodeList(from, to reflect.Type, data any) (any, error) {
	if from.Kind() == reflect.Slice {
		return data, nil
	}
	text, ok := data.(string)
	if !ok || shapeOf(to) == items {
		return nil, errors.New("it is a list: begin each item with a dash")
	}
	list := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list, nil
}

func checkScalar(from, to reflect.Kind) error {
	number := from >= reflect.Int && from <= reflect.Float64
	switch {
	case to == reflect.String && from != reflect.String:
		return errors.New("it is text: write it in quotes")
	case to == reflect.Bool && number:
		return errors.New("it is true or false")
	case (to == reflect.Int || to == reflect.Int64) && (from == reflect.Bool || from == reflect.Float32 || from == reflect.Float64):
		return errors.New("it is a whole number")
	case to == reflect.Float64 && from == reflect.Bool:
		return errors.New("it is a number")
	}
	return nil
}

// placedSecret is a secret and where in the configuration it is named.
type placedSecret struct {
	path   string
	secret *Secret
}

// secrets lists every secret of the configuration but the reference key, which
// is given in ways of its own.
func (c *Config) secrets() []placedSecret {
	return append(secretsIn("api", reflect.ValueOf(&c.API)), secretsIn("accounts", reflect.ValueOf(c.Accounts))...)
}

func secretsIn(path string, v reflect.Value) []placedSecret {
	var list []placedSecret
	visit(path, field{value: v}, func(path string, fd field) {
		if fd.value.Type() == secretType {
			list = append(list, placedSecret{path, fd.value.Addr().Interface().(*Secret)})
		}
	})
	return list
}

// resolve reads every secret from where the configuration says it is.
func (c *Config) resolve(env map[string]string, found *faults) {
	for _, s := range c.secrets() {
		s.secret.resolve(s.path, env, found)
	}
	c.resolveReferenceKey(env, found)
	switch {
	case c.Ledger.URLFile == "" || env[envName("ledger.url")] != "":
	case c.Ledger.URL != (LedgerURL{}):
		found.add("ledger", "has both url and url_file: keep one")
	default:
		c.Ledger.URL = NewLedgerURL(readSecret("ledger.url_file", c.Ledger.URLFile, found))
	}
}

func (c *Config) resolveReferenceKey(env map[string]string, found *faults) {
	name := envName("reference_key")
	key := &c.ReferenceKey
	switch {
	case env[name] != "":
		*key = NewSecret(env[name])
		key.SecretEnv = name
	case c.ReferenceKeyFile != "" && *key == (Secret{}):
		key.set(readSecret("reference_key_file", c.ReferenceKeyFile, found))
	case *key == (Secret{}):
		found.add("reference_key", "is missing: put at least 32 random bytes (openssl rand -base64 32) into %s, or into a file that reference_key_file names", name)
	default:
		key.resolve("reference_key", env, found)
	}
	found.addIf(key.IsSet() && len(key.Reveal()) < 32, "reference_key", "is shorter than 32 bytes: make one with openssl rand -base64 32")
}

func (s *Secret) resolve(path string, env map[string]string, found *faults) {
	switch {
	case s.SecretEnv != "" && s.SecretFile != "":
		found.add(path, "has both secret_env and secret_file: keep one")
	case s.SecretEnv != "":
		s.set(env[s.SecretEnv])
		found.addIf(!s.IsSet(), path, "is missing: the environment variable %s is not set; set it to the secret", s.SecretEnv)
	case s.SecretFile != "":
		s.set(readSecret(path+".secret_file", s.SecretFile, found))
	default:
		found.add(path, "is missing: name where the secret is by secret_env or secret_file")
	}
	found.addIf(strings.ContainsFunc(s.Reveal(), unicode.IsControl), path, "holds a line break or another control character: store the bare secret")
}

func readSecret(path, file string, found *faults) string {
	content, err := os.ReadFile(file)
	if err != nil {
		found.add(path, "cannot be read: %s; mount the file, or correct its name", err)
		return ""
	}
	// Editors and echo end a file with a line break that is not in the secret.
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	found.addIf(text == "", path, "names an empty file: put the secret into it")
	return text
}

// inherit fills the unset keys of section from base. The zero value means unset.
func inherit[T any](section *T, base T) {
	fill(reflect.ValueOf(section).Elem(), reflect.ValueOf(base))
}

func fill(v, base reflect.Value) {
	switch {
	case shapeOf(v.Type()) == section && v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), base.Field(i))
		}
	case v.CanSet() && v.IsZero():
		v.Set(base)
	}
}

// applyDefaults gives unset keys the defaults of their tags. Overrides of the policy have
// none: they are inherited.
func applyDefaults[T any](section *T) {
	visit("", field{value: reflect.ValueOf(section).Elem()}, func(path string, fd field) {
		if fd.standard == "" || !fd.value.IsZero() || strings.Contains(path, ".policy.") {
			return
		}
		decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			Result: fd.value.Addr().Interface(), DecodeHook: decodeHook, WeaklyTypedInput: true,
		})
		if err == nil {
			err = decoder.Decode(fd.standard)
		}
		if err != nil {
			panic("the default of " + path + " cannot be read: " + err.Error())
		}
	})
}

// setDefaults fills in what the file leaves out.
func (c *Config) setDefaults() {
	applyDefaults(c)
	inherit(&c.Policy, defaultPolicy())
	if c.Ledger.URLFile == "" {
		inherit(&c.Ledger, Ledger{URL: NewLedgerURL("sqlite:idjourney.db")})
	}
	c.Activities = mergeActivities(c.Activities)
	face := c.ActivityOptions(ActivityCompareGovernmentFace)
	for i := range c.Accounts {
		c.Accounts[i].setDefaults(c.Policy, face)
		c.Accounts[i].calendars = c.Calendars
	}
}

// WithDefaults returns the limits with none of them zero, which net/http reads as
// unlimited.
func (i Intake) WithDefaults() Intake {
	applyDefaults(&i)
	return i
}
