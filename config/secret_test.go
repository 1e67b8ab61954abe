package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// leaks reports whether the output holds the marker that is in every secret.
func leaks(output string) bool {
	for _, form := range []string{secretMarker, fmt.Sprintf("%x", secretMarker), fmt.Sprintf("%X", secretMarker),
		base64.StdEncoding.EncodeToString([]byte(secretMarker))[:8], signingSecret[6:14]} {
		if strings.Contains(output, form) {
			return true
		}
	}
	return false
}

func everySecret(t *testing.T) *Config {
	t.Helper()
	environ := append(append(uncommentedEnviron(), liveEnviron()...), "IDJOURNEY_LEDGER_URL=postgres://u:"+secretMarker+"@db/x?sslmode=disable&password="+secretMarker)
	text := strings.Replace(uncommented(t)+live, "https://core.example.com/idjourney", "https://core.example.com/idjourney?key="+secretMarker, 1)
	return mustRead(t, text, environ)
}

func TestPrintHasNoSecrets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := everySecret(t).Print(&out); err != nil {
		t.Fatal(err)
	}
	if leaks(out.String()) {
		t.Errorf("the printed configuration holds a secret:\n%s", &out)
	}
	for _, want := range []string{"reference_key: [set]", "secret_env: IDWISE_API_KEY", "postgres://u@db/x?sslmode=disable", "expire_after: 168h\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the printed configuration lacks %q:\n%s", want, &out)
		}
	}
}

func TestPrintedCanBeRead(t *testing.T) {
	t.Parallel()
	environ := append(uncommentedEnviron(), liveEnviron()...)
	before := mustRead(t, uncommented(t)+live, environ)
	var out bytes.Buffer
	if err := before.Print(&out); err != nil {
		t.Fatal(err)
	}
	after := mustRead(t, out.String(), environ)
	equal := cmp.Options{
		cmpopts.IgnoreUnexported(Account{}),
		cmp.Comparer(func(a, b Secret) bool {
			return a.Reveal() == b.Reveal() && a.SecretEnv == b.SecretEnv && a.SecretFile == b.SecretFile
		}),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b LedgerURL) bool { return a.Reveal() == b.Reveal() }),
	}
	if diff := cmp.Diff(before, after, equal); diff != "" {
		t.Errorf("reading what was printed changes it (-before +after):\n%s", diff)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	c := everySecret(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, value := range []any{*c, c, c.Accounts, c.Accounts[0].APIKey, &c.Accounts[0].APIKey, c.Ledger, c.ReferenceKey, struct{ config *Config }{c}} {
			got := fmt.Sprintf(verb, value)
			// An address that takes its key in the query is ordinary text to fmt.
			if leaks(strings.ReplaceAll(got, "?key="+secretMarker, "")) && verb != "%x" && verb != "%X" {
				t.Errorf("%s of %T holds a secret", verb, value)
			}
		}
	}
	for _, verb := range []string{"%x", "%X"} {
		if leaks(fmt.Sprintf(verb, c.Accounts[0].APIKey)) || leaks(fmt.Sprintf(verb, c.Ledger)) {
			t.Errorf("%s holds a secret", verb)
		}
	}
}

func TestSecretsDoNotMarshal(t *testing.T) {
	t.Parallel()
	c := everySecret(t)
	c.Accounts[0].Endpoints = nil
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c.Accounts[0].APIKey)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(handler).Info("x", "config", c, "account", c.Accounts[0], "key", c.ReferenceKey, "ledger", c.Ledger.URL)
	}
	for name, got := range map[string]string{"JSON": string(asJSON), "YAML": string(asYAML), "log": logged.String()} {
		if leaks(got) {
			t.Errorf("%s holds a secret:\n%s", name, got)
		}
		if !strings.Contains(got, "[set]") {
			t.Errorf("%s does not say that a secret is set:\n%s", name, got)
		}
	}
	if got, want := (Secret{}).String(), "[not set]"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}
