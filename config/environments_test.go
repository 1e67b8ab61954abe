package config

import (
	"strings"
	"testing"
)

// live is a second account beside the example's, with secrets of its own.
const live = `
  - name: acme
    environment: live
    region: uae
    accept_unconfirmed_paths: true
    api_key: { secret_env: LIVE_KEY }
    api_secret: { secret_env: LIVE_SECRET }
    webhook:
      bearer: [{ secret_env: LIVE_TOKEN }, { secret_env: LIVE_TOKEN_NEXT }]
      headers: [{ name: x-key, values: [{ secret_env: LIVE_HEADER }] }]
      allow_ips: ["192.0.2.7", "198.51.100.0/24"]
    endpoints:
      - { name: core, url: "https://live.example.com/hook", secrets: [{ secret_env: LIVE_SIGNING }] }
    flows:
      - { id: "f", custom_step: true }
`

func liveEnviron() []string {
	return append(baseEnviron(), "LIVE_KEY=lk-"+secretMarker, "LIVE_SECRET=ls-"+secretMarker, "LIVE_TOKEN=live-token-"+secretMarker,
		"LIVE_TOKEN_NEXT=live-next-"+secretMarker, "LIVE_HEADER=live-header-"+secretMarker, "LIVE_SIGNING=whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")
}

func TestLiveAccount(t *testing.T) {
	t.Parallel()
	c := mustRead(t, exampleText(t)+live, liveEnviron())
	a, ok := c.Account("acme")
	if !ok || a.BaseURL != "https://api-uae.idwise.com" || len(a.Webhook.Bearer) != 2 {
		t.Fatalf("account = %+v, %v", a, ok)
	}
	if got := a.Webhook.AllowIPs[0].String(); got != "192.0.2.7/32" {
		t.Errorf("address = %s, want it as a network of one", got)
	}
}

func TestLiveFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, replacement, want string }{
		"missed renewal":    {"    environment: live\n", "    environment: live\n    policy: {renewal: {on_missed: reject}}\n", "accounts[acme].policy.renewal.on_missed is reject, which a live account cannot have"},
		"auth none":         {"      bearer: [{ secret_env: LIVE_TOKEN }, { secret_env: LIVE_TOKEN_NEXT }]\n", "      auth: none\n", "accounts[acme].webhook.auth is none for a live account"},
		"http endpoint":     {"https://live", "http://live", "endpoints[core].url must begin with https:// for a live account"},
		"http vendor":       {"region: uae", "base_url: http://idwise.example.com", "base_url must begin with https://"},
		"shared key":        {"LIVE_KEY }", "IDWISE_API_KEY }", "accounts[acme].api_key is the same secret as accounts[acme-sandbox].api_key (sandbox)"},
		"shared across use": {"LIVE_HEADER }", "IDWISE_WEBHOOK_PASSWORD }", "headers[x-key].values[0] is the same secret as accounts[acme-sandbox].webhook.basic[0].password"},
		"shared signing":    {"LIVE_SIGNING }", "CORE_WEBHOOK_SECRET }", "accounts[acme].endpoints[core].secrets[0] is the same secret"},
		"shared endpoint":   {"https://live.example.com/hook", "https://core.example.com/idjourney", "accounts[acme].endpoints[core] is the same endpoint"},
		"same name":         {"name: acme\n", "name: acme-sandbox\n", "accounts[acme-sandbox] is there twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(live, tt.old) {
				t.Fatalf("the account does not contain %q", tt.old)
			}
			wantFault(t, exampleText(t)+strings.Replace(live, tt.old, tt.replacement, 1), liveEnviron(), tt.want)
		})
	}
}

// IDWise does not sign webhooks, so a forger can guess a short secret.
func TestShortWebhookSecrets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ variable, value, want string }{
		"live token":      {"LIVE_TOKEN", "fifteen-letters", "accounts[acme].webhook.bearer[0] has 15 characters, and 16 is the least"},
		"next live token": {"LIVE_TOKEN_NEXT", "x", "accounts[acme].webhook.bearer[1] has 1 characters, and 16 is the least"},
		"live header":     {"LIVE_HEADER", "fifteen-letters", "accounts[acme].webhook.headers[x-key].values[0] has 15 characters"},
		"sandbox":         {"IDWISE_WEBHOOK_PASSWORD", "seven77", "accounts[acme-sandbox].webhook.basic[0].password has 7 characters, and 8 is the least"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, exampleText(t)+live, append(without(liveEnviron(), tt.variable), tt.variable+"="+tt.value), tt.want)
		})
	}
	enough := append(without(liveEnviron(), "LIVE_TOKEN"), "LIVE_TOKEN=sixteen-letters!")
	mustRead(t, exampleText(t)+live, append(without(enough, "IDWISE_WEBHOOK_PASSWORD"), "IDWISE_WEBHOOK_PASSWORD=eight888"))
}

// Two sandboxes, or two live accounts, may share secrets and endpoints.
func TestSharingWithinOneEnvironment(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("environment: live", "environment: sandbox", "LIVE_KEY", "IDWISE_API_KEY").Replace(live)
	mustRead(t, exampleText(t)+text, liveEnviron())
}

func TestAuthNoneInSandbox(t *testing.T) {
	t.Parallel()
	text := changed(t, "      basic:\n        - user: idwise\n          password: { secret_env: IDWISE_WEBHOOK_PASSWORD }\n", "      auth: none\n")
	c := mustRead(t, text, baseEnviron())
	if !c.Accounts[0].Webhook.None {
		t.Error("None = false, want true")
	}
	if got := strings.Join(c.Warnings(), "\n"); !strings.Contains(got, "accepts webhooks from anybody") {
		t.Errorf("Warnings = %q, want one about auth: none", got)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	text := changed(t, "      basic:", "      bearer: [{ secret_env: IDWISE_API_KEY }]\n      basic:")
	c := mustRead(t, strings.Replace(text, `"127.0.0.1:9090"`, `":9090"`, 1), baseEnviron())
	got := strings.Join(c.Warnings(), "\n")
	for _, want := range []string{"listen.admin is reachable", "more than one kind of Authorization"} {
		if !strings.Contains(got, want) {
			t.Errorf("Warnings = %q, want %q", got, want)
		}
	}
}
