package starter_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"idjourney/config"
	"idjourney/ledger"
	"idjourney/starter"
)

// with returns the header with more fields.
func with(h http.Header, pairs ...string) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	right := basicAuth(user, password)
	cases := map[string]struct {
		account string
		header  http.Header
		want    int
	}{
		"password with colons":        {"bank", right, 200},
		"second live password":        {"bank", basicAuth(user, nextPassword), 200},
		"scheme in lower case":        {"bank", with(nil, "Authorization", strings.Replace(right.Get("Authorization"), "Basic", "basic", 1)), 200},
		"wrong password":              {"bank", basicAuth(user, "wrong"), 401},
		"password up to the colon":    {"bank", basicAuth(user, "first"), 401},
		"password and more":           {"bank", basicAuth(user, password+"x"), 401},
		"empty password":              {"bank", basicAuth(user, ""), 401},
		"wrong user":                  {"bank", basicAuth("someone", password), 401},
		"user and password exchanged": {"bank", basicAuth(password, user), 401},
		"no header":                   {"bank", nil, 401},
		"basic without a colon":       {"bank", with(nil, "Authorization", "Basic aWR3aXNl"), 401},
		"basic that is not base64":    {"bank", with(nil, "Authorization", "Basic !!!"), 401},
		"scheme alone":                {"bank", with(nil, "Authorization", "Basic"), 401},
		"bearer instead of basic":     {"bank", with(nil, "Authorization", "Bearer "+password), 401},
		"another account's secret":    {"tokens", right, 401},
		"unknown account":             {"nobody", right, 401},
		"account in another case":     {"Bank", right, 401},
		"bearer and header":           {"tokens", with(nil, "Authorization", "Bearer "+token, "X-Hook-Key", headerValue), 200},
		"second bearer and header":    {"tokens", with(nil, "Authorization", "Bearer "+nextToken, "X-Hook-Key", nextHeader), 200},
		"bearer without the header":   {"tokens", with(nil, "Authorization", "Bearer "+token), 401},
		"header without the bearer":   {"tokens", with(nil, "X-Hook-Key", headerValue), 401},
		"bearer with a wrong header":  {"tokens", with(nil, "Authorization", "Bearer "+token, "X-Hook-Key", "wrong"), 401},
		"bearer empty":                {"tokens", with(nil, "Authorization", "Bearer ", "X-Hook-Key", headerValue), 401},
		"address not allowed":         {"fenced", right, 403},
		"forged X-Forwarded-For":      {"fenced", with(right, "X-Forwarded-For", "203.0.113.9"), 403},
		"forged Forwarded, X-Real-Ip": {"fenced", with(right, "Forwarded", "for=203.0.113.9", "X-Real-Ip", "203.0.113.9"), 403},
		"auth none":                   {"open", nil, 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := h.send(t, http.MethodPost, "/webhooks/idwise/"+c.account, c.header, strings.NewReader(finishedJourney("", "j1")))
			if got.status != c.want {
				t.Errorf("got %d %s, want %d", got.status, got.body, c.want)
			}
			if challenged := got.header.Get("WWW-Authenticate") != ""; challenged != (c.want == 401) {
				t.Errorf("got WWW-Authenticate %q with %d", got.header.Values("WWW-Authenticate"), got.status)
			}
			if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
				t.Errorf("got Content-Type %q, want JSON", kind)
			}
		})
	}
}

func TestOnlyTheEntriesOfTrustedProxiesCount(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		c.Intake.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	cases := map[string]struct {
		lines []string
		want  int
	}{
		"allowed":                     {[]string{"203.0.113.9"}, 200},
		"allowed behind two proxies":  {[]string{"203.0.113.9, 10.1.2.3"}, 200},
		"two lines":                   {[]string{"198.51.100.1", "203.0.113.9"}, 200},
		"not allowed":                 {[]string{"198.51.100.1"}, 403},
		"forged in front of the real": {[]string{"203.0.113.9, 198.51.100.1"}, 403},
		"forged in a line before":     {[]string{"203.0.113.9", "198.51.100.1"}, 403},
		"no address":                  {[]string{"203.0.113.9, unknown"}, 403},
		"none":                        {nil, 403},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := basicAuth(user, password)
			header["X-Forwarded-For"] = c.lines
			got := h.send(t, http.MethodPost, "/webhooks/idwise/fenced", header, strings.NewReader(finishedJourney("", "j1")))
			if got.status != c.want {
				t.Errorf("got %d %s, want %d", got.status, got.body, c.want)
			}
		})
	}
}

func TestNewFailsClosed(t *testing.T) {
	t.Parallel()
	basic := []config.BasicCredential{{User: user, Password: config.NewSecret(password)}}
	cases := map[string][]config.Account{
		"no accounts":         nil,
		"nothing configured":  {{Name: "a", Environment: config.Sandbox}},
		"none, live":          {{Name: "a", Environment: config.Live, Webhook: config.WebhookAuth{None: true}}},
		"none, no word":       {{Name: "a", Webhook: config.WebhookAuth{None: true}}},
		"none and basic":      {{Name: "a", Environment: config.Sandbox, Webhook: config.WebhookAuth{None: true, Basic: basic}}},
		"empty password":      {{Name: "a", Webhook: config.WebhookAuth{Basic: []config.BasicCredential{{User: user}}}}},
		"empty user":          {{Name: "a", Webhook: config.WebhookAuth{Basic: []config.BasicCredential{{Password: config.NewSecret("x")}}}}},
		"empty token":         {{Name: "a", Webhook: config.WebhookAuth{Bearer: []config.Secret{{}}}}},
		"header, no values":   {{Name: "a", Webhook: config.WebhookAuth{Headers: []config.HeaderCredential{{Name: "X"}}}}},
		"header, empty value": {{Name: "a", Webhook: config.WebhookAuth{Headers: []config.HeaderCredential{{Name: "X", Values: []config.Secret{{}}}}}}},
		"same name twice":     {{Name: "a", Webhook: config.WebhookAuth{Basic: basic}}, {Name: "a", Webhook: config.WebhookAuth{Basic: basic}}},
	}
	for name, list := range cases {
		s := &store{}
		_, err := starter.New(starter.Config{
			Accounts: list, Ledger: s, Signaler: newTemporal(),
			Forwarder: ledger.NewForwarder(nil, nil, ledger.ForwarderOptions{}),
		})
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
}
