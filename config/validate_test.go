package config

import (
	"errors"
	"strings"
	"testing"
)

// Each row is the example with one mistake in it, and a part of the fault's text.
func TestFaults(t *testing.T) {
	t.Parallel()
	const (
		basic = "      basic:\n        - user: idwise\n          password: { secret_env: IDWISE_WEBHOOK_PASSWORD }\n"
		step  = "            patience: 24h # how long the source may be away before a person looks\n"
	)
	tests := map[string]struct{ old, replacement, want string }{
		"typo at the top":           {"listen:", "lisen:", "lisen is not a key of the configuration"},
		"typo before nothing":       {"listen:", "lisen:\nlisten:", "lisen is not a key of the configuration"},
		"typo before {}":            {"listen:", "Lisen: {}\nlisten:", "lisen is not a key of the configuration"},
		"typo before {} in section": {"listen:", "screening: {limits: {}}\nlisten:", "screening.limits is not a key of the configuration"},
		"typo in a section":         {"  public:", "  pubic:", "listen.pubic is not a key"},
		"typo in an account":        {"region: eu", "reigon: eu", "accounts[0].reigon is not a key"},
		"typo in a step":            {"on_failed:", "on_fail:", "accounts[0].flows[0].steps[0].on_fail is not a key"},
		"typo in a secret":          {"{ secret_env: IDWISE_API_KEY }", "{ secretenv: IDWISE_API_KEY }", "api_key.secretenv is not a key"},
		"secret in the file":        {"{ secret_env: IDWISE_API_KEY }", secretMarker, "a secret is never written in the configuration"},
		"token in the file":         {"      basic:", "      bearer: [" + secretMarker + "]\n      basic:", "a secret is never written"},
		"two sources of a secret":   {"{ secret_env: IDWISE_API_KEY }", "{ secret_env: A, secret_file: b }", "api_key has both secret_env and secret_file"},
		"secret without a source":   {"api_key: { secret_env: IDWISE_API_KEY }", "", "api_key is missing: name where"},
		"reference key in file":     {"listen:", "reference_key: " + secretMarker + "-0123456789012345678901234567890\nlisten:", "reference_key is written in the file"},
		"ledger password in file":   {"sqlite:idjourney.db", "postgres://u:" + secretMarker + "@db/x", "ledger.url has a password in the file"},
		"ledger password in query":  {"sqlite:idjourney.db", "postgres://u@db/x?password=" + secretMarker, "ledger.url has a password in the file"},
		"ledger of another kind":    {"sqlite:idjourney.db", "mysql://u@db/x", "ledger.url is no ledger"},
		"ledger without a file":     {"sqlite:idjourney.db", "'sqlite:'", "ledger.url is no ledger"},
		"unquoted flow id":          {`"your-flow-id"`, "64e12", "flows[0].id cannot be read: it is text: write it in quotes"},
		"duration without unit":     {"patience: 24h", "patience: 24", "patience cannot be read: a duration needs a unit"},
		"duration that is none":     {"patience: 24h", "patience: a day", "it is not a duration"},
		"negative duration":         {"patience: 24h", "patience: -24h", "patience is negative"},
		"fraction of bytes":         {"trusted_proxies: []", "max_body: 1.5", "intake.max_body cannot be read: it is a whole number"},
		"number for a switch":       {"custom_step: true", "custom_step: 1", "custom_step cannot be read: it is true or false"},
		"accounts not a list":       {"accounts:\n  - name", "accounts:\n    name", "accounts cannot be read: it is a list"},
		"proxy that is a name":      {"trusted_proxies: []", "trusted_proxies: [proxy]", "is not an address or a network"},
		"everybody a proxy":         {"trusted_proxies: []", `trusted_proxies: ["0.0.0.0/0"]`, "intake.trusted_proxies lists 0.0.0.0/0, which is everybody"},
		"everybody allowed":         {basic, "      allow_ips: [\"::/0\"]\n", "webhook.allow_ips lists ::/0"},
		"little body memory":        {"trusted_proxies: []", "body_memory: 1048576", "intake.body_memory must be at least eight times intake.max_body"},
		"public is admin":           {`"127.0.0.1:9090"`, `":8080"`, "listen.admin is the same as listen.public"},
		"address without port":      {`":8080"`, "localhost", "listen.public is not an address"},
		"log level":                 {"listen:", "log: {level: loud}\nlisten:", `log.level is "loud"`},
		"short lease":               {"listen:", "forwarder: {lease_for: 1s}\nlisten:", "forwarder.lease_for must be longer"},
		"pollers":                   {"listen:", "worker: {pollers: {maximum: 1}}\nlisten:", "worker.pollers must have"},
		"policy user step":          {"listen:", "policy: {user_steps: [passport]}\nlisten:", `policy.user_steps is "passport"`},
		"policy meaning":            {"listen:", "policy: {aml_match: approve}\nlisten:", `policy.aml_match is "approve"`},
		"policy wait of 0":          {"listen:", "policy: {ask_again: [0s]}\nlisten:", "policy.ask_again has a wait of 0"},
		"unknown activity":          {"listen:", "activities: [{name: Fetsch}]\nlisten:", "activities[Fetsch] is not one of idjourney's own activities"},
		"shrinking waits":           {"listen:", "activities: [{name: Fetch, retry: {coefficient: 0.5}}]\nlisten:", "activities[Fetch].retry.coefficient must be at least 1"},
		"initial above maximum":     {"listen:", "activities: [{name: Fetch, retry: {initial: 1h}}]\nlisten:", "activities[Fetch].retry.initial is longer"},
		"step's own bound":          {"listen:", "activities: [{name: CompareGovernmentFace, schedule_to_close: 1h}]\nlisten:", "set the step's patience"},
		"account's name":            {"name: acme-sandbox", "name: Acme", "accounts[Acme].name must be 1 to 32"},
		"account without a name":    {"- name: acme-sandbox", "- timeout: 1s", "accounts[0] has no name"},
		"environment":               {"environment: sandbox", "environment: test", `environment is "test"`},
		"region":                    {"region: eu", "region: us", `region is "us", which is no region`},
		"region and base":           {"region: eu", "region: eu\n    base_url: https://x.example.com", "has both region and another base_url"},
		"base without host":         {"region: eu", "base_url: example.com", "base_url is not an address"},
		"path of no operation":      {"region: eu", "region: eu\n    paths: [{operation: x, path: /y}]", `there is no vendor operation "x"`},
		"webhook says nothing":      {basic, "", "webhook says nothing about authentication"},
		"auth of another kind":      {basic, "      auth: basic\n", "auth can only be none"},
		"auth none and basic":       {"      basic:", "      auth: none\n      basic:", "is none beside a mechanism"},
		"colon in the user":         {"user: idwise", "user: id:wise", "needs a user without colons"},
		"header's name":             {basic, "      headers: [{name: 'X Key', values: [{secret_env: IDWISE_API_KEY}]}]\n", "has no usable name"},
		"header without value":      {basic, "      headers: [{name: X-Key}]\n", "headers[X-Key].values is missing"},
		"same token twice":          {basic, "      bearer: [{secret_env: IDWISE_API_KEY}, {secret_env: IDWISE_API_KEY}]\n", "webhook.bearer lists the same secret twice"},
		"three tokens":              {basic, "      bearer: [{secret_env: IDWISE_API_KEY}, {secret_env: IDWISE_API_SECRET}, {secret_env: GOVERNMENT_TOKEN}]\n", "webhook.bearer lists more than two"},
		"government's kind":         {"kind: http", "kind: ldap", `government.kind is "ldap"`},
		"credentials in a URL":      {"https://core.example.com", "https://u:" + secretMarker + "@core.example.com", "url has a user or password in it"},
		"signing secret":            {"{ secret_env: CORE_WEBHOOK_SECRET }", "{ secret_env: IDWISE_API_KEY }", "endpoints[core].secrets must be whsec_"},
		"endpoint without secret":   {"        secrets:\n          - { secret_env: CORE_WEBHOOK_SECRET }\n", "", "endpoints[core].secrets is missing"},
		"steps without the flow's":  {"custom_step: true", "custom_step: false", "lists steps without custom_step: true"},
		"step without patience":     {step, "", "steps[government_face].patience is missing"},
		"step that outlasts":        {step, step + "            start_to_close: 48h\n", "start_to_close is longer than the step's patience"},
		"wait outlasts the try":     {step, step + "            match_wait: 10m\n", "match_wait must be shorter than start_to_close"},
		"heartbeat between looks":   {step, step + "            match_poll: 40s\n", "heartbeat must be longer than match_poll"},
		"meaning approve":           {"on_failed: review", "on_failed: approve", "on_failed cannot approve"},
		"meaning approved":          {"on_inconclusive: review", "on_inconclusive: approved", "on_inconclusive cannot approve"},
		"unknown meaning":           {"on_failed: review", "on_failed: ignore", `on_failed is "ignore"`},
		"unknown when":              {step, step + "            when: never\n", `when is "never"`},
		"no vendor step":            {`step_id: "your-step-id"`, `shown_by: face`, "step_id is missing"},
		"own activity as a step":    {"activity: CompareGovernmentFace", "activity: Publish", "which is no step"},
		"match_wait of another":     {"activity: CompareGovernmentFace", "activity: Other", "which only CompareGovernmentFace reads"},
		"no government":             {"    government:\n      kind: http\n      url: https://faces.example.com/lookup # CHANGE\n      token: { secret_env: GOVERNMENT_TOKEN }\n", "", "the account has no government source"},
		"policy too big":            {"    flows:", "    flows:\n      - id: \"" + strings.Repeat("x", 2000) + "\"", "travel at most"},
		"flow twice":                {"    flows:", "    flows:\n      - id: \"your-flow-id\"", "flows[onboarding] is there twice"},
		"step differs":              {"    flows:", "    flows:\n      - id: b\n        custom_step: true\n        steps: [{name: government_face, activity: X, patience: 1h}]", "differs from the step of the same name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, changed(t, tt.old, tt.replacement), baseEnviron(), tt.want)
		})
	}
}

func TestFaultsOfTheEnvironment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    string
	}{
		"no reference key":    {without(baseEnviron(), "IDJOURNEY_REFERENCE_KEY"), "reference_key is missing"},
		"short reference key": {append(baseEnviron(), "IDJOURNEY_REFERENCE_KEY="+secretMarker), "shorter than 32 bytes"},
		"missing secret":      {without(baseEnviron(), "IDWISE_API_SECRET"), "the environment variable IDWISE_API_SECRET is not set"},
		"empty secret":        {append(baseEnviron(), "IDWISE_API_SECRET="), "api_secret"},
		"misspelt variable":   {append(baseEnviron(), "IDJOURNEY_LEDGRE_URL=sqlite:x"), "IDJOURNEY_LEDGRE_URL is an environment variable that belongs to no key"},
		"number for a text":   {append(baseEnviron(), "IDJOURNEY_INTAKE_MAX_BODY=much"), "intake.max_body cannot be read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := tt.environ
			if name == "empty secret" {
				environ = append(without(baseEnviron(), "IDWISE_API_SECRET"), "IDWISE_API_SECRET=")
			}
			wantFault(t, exampleText(t), environ, tt.want)
		})
	}
}

// Kubernetes sets such variables for a Service named idjourney or idjourney-x; secret_env
// may name any variable.
func TestVariablesOfOthersAreIgnored(t *testing.T) {
	t.Parallel()
	text := changed(t, "secret_env: IDWISE_API_KEY", "secret_env: IDJOURNEY_ACME_KEY")
	mustRead(t, text, append(baseEnviron(), "IDJOURNEY_ACME_KEY=k", "IDJOURNEY_CONFIG=x.yaml",
		"IDJOURNEY_SERVICE_HOST=10.0.0.1", "IDJOURNEY_SERVICE_PORT_HTTP=80", "IDJOURNEY_PORT=tcp://10.0.0.1:80",
		"IDJOURNEY_STARTER_PORT_8080_TCP_ADDR=10.0.0.1"))
}

func TestFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	text := strings.Replace(changed(t, "on_failed: review", "on_failed: approve"), "patience: 24h", "patince: 24h", 1)
	_, err := Read(strings.NewReader(text), without(baseEnviron(), "IDWISE_API_KEY"))
	if err == nil {
		t.Fatal("Read succeeded")
	}
	for _, want := range []string{"cannot approve", "patince is not a key", "patience is missing", "IDWISE_API_KEY is not set"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults lack %q:\n%v", want, err)
		}
	}
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) || len(many.Unwrap()) != 4 {
		t.Errorf("faults are not four joined errors:\n%v", err)
	}
}

// A value that cannot be read hides no key that is unknown, wherever the two are.
func TestUnknownKeysBesideUnreadableValues(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("listen:", "lisen: 1\nlisten:", "  public:", "  pubic: 1\n  public:", "region: eu", "region: eu\n    reigon: eu\n    timeout: 5",
		"patience: 24h", "patince: 24h\n            patience: a day", "kind: http", "kynd: http").Replace(exampleText(t))
	for _, want := range []string{"lisen is not a key", "listen.pubic is not a key", "accounts[0].reigon is not a key", "timeout cannot be read",
		"steps[0].patince is not a key", "steps[0].patience cannot be read", "accounts[0].government.kynd is not a key"} {
		wantFault(t, text, baseEnviron(), want)
	}
}

func TestNotYAML(t *testing.T) {
	t.Parallel()
	for _, text := range []string{secretMarker, "- " + secretMarker, "a: [", "a: b: " + secretMarker, "\tlisten: x"} {
		wantFault(t, text, baseEnviron(), "not YAML")
	}
	wantFault(t, "", baseEnviron(), "accounts is empty")
}
