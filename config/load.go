package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// Load reads the configuration file at path. environ is in the form of os.Environ:
// IDJOURNEY_… variables override the file's keys, and secret_env names others. The error
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
	if err := found.join(); err != nil {
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
