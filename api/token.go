package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"idjourney/access"
	"idjourney/config"
)

const apiRealm = `Bearer realm="idjourney"`

// minToken is how long a token's secret is at least: it is all that protects
// every decision.
const minToken = 32

// token is one caller. Its name is the actor of everything done with it.
type token struct {
	name     string
	secret   access.Digest
	scopes   []config.Scope
	accounts []string // the accounts it sees, by name
}

func newToken(t config.Token, accounts map[string]config.Account) (*token, error) {
	made := &token{name: t.Name, secret: access.DigestOf(t.Secret.Reveal()), scopes: t.Scopes, accounts: slices.Clone(t.Accounts)}
	switch {
	case t.Name == "":
		return nil, errors.New("a token has no name")
	case len(t.Secret.Reveal()) < minToken:
		return nil, fmt.Errorf("the token %s has a secret of fewer than %d characters", t.Name, minToken)
	case len(t.Scopes) == 0:
		return nil, fmt.Errorf("the token %s has no scope", t.Name)
	}
	if len(made.accounts) == 0 {
		made.accounts = slices.Sorted(maps.Keys(accounts))
	}
	for _, name := range made.accounts {
		if _, ok := accounts[name]; !ok {
			return nil, fmt.Errorf("the token %s names the account %s, which is not configured", t.Name, name)
		}
	}
	return made, nil
}

func (t *token) sees(account string) bool { return slices.Contains(t.accounts, account) }

func (t *token) may(s config.Scope) bool { return slices.Contains(t.scopes, s) }

// authenticate returns the caller, nil if it is none. It compares with every token,
// so that the time it takes tells nothing about which one is near.
func (a *API) authenticate(h http.Header) *token {
	lines := h.Values("Authorization")
	if len(lines) != 1 {
		return nil
	}
	sent, ok := access.Credentials(lines[0], "Bearer")
	if !ok || sent == "" {
		return nil
	}
	got := access.DigestOf(sent)
	var caller *token
	for _, t := range a.tokens {
		if t.secret.Matches(got) == 1 {
			caller = t
		}
	}
	return caller
}

// unauthorized says what a 401 has to carry. The log says that somebody knocked, not
// with what.
func (a *API) unauthorized(r *http.Request) *problem {
	a.refusals.Do(func() {
		a.log.WarnContext(r.Context(), "API call refused: the token is missing or unknown", "method", r.Method)
	})
	challenge := apiRealm
	if r.Header.Get("Authorization") != "" {
		challenge += `, error="invalid_token"`
	}
	p := problemOf(http.StatusUnauthorized, "unauthorized", "send the header Authorization: Bearer with a token of the configuration")
	return p.with("WWW-Authenticate", challenge)
}

func forbidden(missing config.Scope) *problem {
	p := problemOf(http.StatusForbidden, "forbidden", "the token lacks the scope "+string(missing))
	return p.with("WWW-Authenticate", fmt.Sprintf(`%s, error="insufficient_scope", scope="%s"`, apiRealm, missing))
}
