package api_test

import (
	"net/http"
	"strings"
	"testing"

	"idjourney/api"
	"idjourney/config"
)

func TestOnlyAWholeTokenIsAccepted(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	for name, c := range map[string]struct {
		lines  []string
		status int
	}{
		"whole":          {[]string{"Bearer " + readerToken}, 200},
		"lower case":     {[]string{"bearer " + readerToken}, 200},
		"none":           {nil, 401},
		"empty":          {[]string{"Bearer "}, 401},
		"no scheme":      {[]string{readerToken}, 401},
		"basic":          {[]string{"Basic " + readerToken}, 401},
		"a part":         {[]string{"Bearer " + readerToken[:31]}, 401},
		"more":           {[]string{"Bearer " + readerToken + "x"}, 401},
		"another case":   {[]string{"Bearer " + strings.ToUpper(readerToken)}, 401},
		"one of two":     {[]string{"Bearer x", "Bearer " + readerToken}, 401},
		"name, not word": {[]string{"Bearer app"}, 401},
	} {
		got := a.do(t, ask{method: "GET", path: known, header: http.Header{"Authorization": c.lines}})
		if got.status != c.status {
			t.Errorf("%s: got %d, want %d", name, got.status, c.status)
		}
	}
}

func TestRepeatedWrongTokensDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	const wrong = "a-secret-that-somebody-guessed-wrongly"
	for range 50 {
		a.do(t, ask{method: "GET", path: "/v1/decisions", token: wrong})
	}
	if got := strings.Count(a.log.String(), "API request denied"); got < 1 || got > 10 {
		t.Errorf("%d lines for 50 refusals, want a few", got)
	}
	if strings.Contains(a.log.String(), wrong) {
		t.Error("the log has what was sent")
	}
}

func TestUnsafeTokensAreRefused(t *testing.T) {
	t.Parallel()
	whole := config.Token{Name: "app", Secret: config.NewSecret(readerToken), Scopes: []config.Scope{config.ScopeRead}}
	for name, change := range map[string]func(*api.Config){
		"a short secret":     func(c *api.Config) { c.Tokens[0].Secret = config.NewSecret(readerToken[:31]) },
		"no secret":          func(c *api.Config) { c.Tokens[0].Secret = config.Secret{} },
		"no name":            func(c *api.Config) { c.Tokens[0].Name = "" },
		"no scope":           func(c *api.Config) { c.Tokens[0].Scopes = nil },
		"an unknown account": func(c *api.Config) { c.Tokens[0].Accounts = []string{"nobody"} },
		"the same name": func(c *api.Config) {
			c.Tokens = append(c.Tokens, whole)
			c.Tokens[1].Secret = config.NewSecret(operatorToken)
		},
		"the same secret": func(c *api.Config) { c.Tokens = append(c.Tokens, whole); c.Tokens[1].Name = "other" },
		"no ledger":       func(c *api.Config) { c.Ledger = nil },
		"no operator":     func(c *api.Config) { c.Operator = nil },
	} {
		cfg := api.Config{
			Tokens: []config.Token{whole}, Accounts: accounts(),
			Ledger: struct{ api.Ledger }{}, Operator: &fakeOperator{},
		}
		change(&cfg)
		made, err := api.New(cfg)
		if err == nil || made != nil || strings.Contains(err.Error(), readerToken[:8]) {
			t.Errorf("%s: got %v %v, want a refusal without the secret", name, made, err)
		}
	}
}

// A token without accounts sees all of them.
func TestATokenWithoutAccountsSeesAll(t *testing.T) {
	t.Parallel()
	a := openAPI(t, func(c *api.Config) { c.Tokens[0].Accounts = nil })
	a.fill(t)
	for _, account := range []string{"acme", "globex"} {
		if got := a.do(t, ask{method: "GET", path: "/v1/spot-checks?account=" + account, token: readerToken}); got.status != 200 {
			t.Errorf("%s: got %d", account, got.status)
		}
	}
}

func TestUnknownRoutesAreAnsweredInJSON(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	for path, want := range map[string]int{"/": 404, "/v1/journeys/acme": 404, "/v1/journeys/acme/x/": 404, "/webhooks/idwise/acme": 404, "/metrics": 404, "/v1/decisions": 405} {
		got := a.do(t, ask{method: "PUT", path: path, token: readerToken})
		if got.status != want || !strings.HasPrefix(got.body, `{"code":`) {
			t.Errorf("%s: got %d %s, want %d", path, got.status, got.body, want)
		}
	}
}
