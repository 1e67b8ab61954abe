package config

import (
	"slices"
	"strings"
	"testing"
)

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	const (
		token  = "{ secret_env: BACKOFFICE_TOKEN }"
		second = "\n    - { name: backoffice2, secret: { secret_env: BACKOFFICE_TOKEN }, scopes: [read] }\n"
	)
	wantFaults(t, map[string]faultRow{
		"short secret":         {token, "{ secret_env: RISK_TOKEN }", "api.tokens[backoffice].secret is shorter than 32 characters"},
		"secret in the file":   {token, secretMarker, "api.tokens[0].secret cannot be read: a secret is never written"},
		"missing secret":       {token, "{ secret_env: NOWHERE }", "api.tokens[backoffice].secret is missing: the environment variable NOWHERE"},
		"no secret":            {"      secret: " + token + "\n", "", "api.tokens[backoffice].secret is missing"},
		"name":                 {"- name: backoffice", "- name: Back Office", "api.tokens[Back Office].name must be 1 to 32"},
		"no name":              {"- name: backoffice # the actor in what is done with it\n      secret", "- secret", "api.tokens[0] has no name"},
		"no scope":             {"scopes: [read, operate]", "scopes: []", "api.tokens[backoffice].scopes is missing"},
		"unknown scope":        {"[read, operate]", "[read, admin]", `api.tokens[backoffice].scopes is "admin"`},
		"scope twice":          {"[read, operate]", "[read, read]", "api.tokens[backoffice].scopes lists read twice"},
		"unknown account":      {"accounts: [acme-sandbox]", "accounts: [acme]", `api.tokens[backoffice].accounts lists "acme", which is no account`},
		"account twice":        {"accounts: [acme-sandbox]", "accounts: [acme-sandbox, acme-sandbox]", "accounts lists acme-sandbox twice"},
		"two of one secret":    {"accounts: [acme-sandbox]", "accounts: [acme-sandbox]" + second, "api.tokens[backoffice].secret is the same secret as api.tokens[backoffice2].secret"},
		"another's secret":     {"{ secret_env: GOVERNMENT_TOKEN }", token, "api.tokens[backoffice].secret is the same secret as accounts[acme-sandbox].government.token"},
		"the reference key":    {token, "{ secret_env: IDJOURNEY_REFERENCE_KEY }", "api.tokens[backoffice].secret is the same secret as reference_key"},
		"address as webhooks'": {`api: ":8081"`, `api: ":8080"`, "listen.api is the same as listen.public"},
		"address as health's":  {`api: ":8081"`, `api: "127.0.0.1:9090"`, "listen.api is the same as listen.admin"},
		"address without port": {`api: ":8081"`, "api: localhost", "listen.api is not an address to listen on"},
		"url without host":     {"https://idjourney.example.com", "idjourney.example.com", "api.url is not an address"},
	})
	t.Run("name twice", func(t *testing.T) {
		t.Parallel()
		text := strings.Replace(uncommented(t), "accounts: [acme-sandbox]", "accounts: [acme-sandbox]"+strings.Replace(second, "backoffice2", "backoffice", 1), 1)
		wantFault(t, text, uncommentedEnviron(), "api.tokens[backoffice] is there twice")
	})
}

// A token for sandbox accounts must not open live ones.
func TestTokenStaysInOneEnvironment(t *testing.T) {
	t.Parallel()
	const fault = "api.tokens[backoffice].accounts has live and sandbox accounts in it"
	text, environ := uncommented(t)+live, slices.Concat(uncommentedEnviron(), liveEnviron())
	mustRead(t, text, environ)
	wantFault(t, strings.Replace(text, "accounts: [acme-sandbox]", "accounts: [acme-sandbox, acme]", 1), environ, fault)
	everything := strings.Replace(text, "      accounts: [acme-sandbox]\n", "", 1)
	wantFault(t, everything, environ, fault)
	mustRead(t, strings.Replace(everything, "environment: live", "environment: sandbox", 1), environ)
}

// Without a token there is no listener, so its address may equal another.
func TestAddressOfADisabledAPIIsNotChecked(t *testing.T) {
	t.Parallel()
	c := mustRead(t, changed(t, `"127.0.0.1:9090"`, `"127.0.0.1:8081"`), append(baseEnviron(), "IDJOURNEY_LISTEN_API=127.0.0.1:8081"))
	if len(c.API.Tokens) != 0 || c.Listen.API != "127.0.0.1:8081" {
		t.Errorf("api = %+v at %s", c.API, c.Listen.API)
	}
}
