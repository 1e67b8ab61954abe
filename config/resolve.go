package config

import (
	"os"
	"reflect"
	"strings"
	"unicode"
)

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
