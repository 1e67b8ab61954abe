package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"idjourney/access"
	"idjourney/config"
)

const apiRealm = `Bearer realm="idjourney"`

// minToken is the least length of a token's secret, in characters.
const minToken = 32

// requestsPerSecond bounds one token, so that a client in a loop leaves the ledger to the
// others. A burst may be twice as large.
const requestsPerSecond = 500

// token is one caller. Its name is the actor of what is done with it.
type token struct {
	name     string
	secret   access.Digest
	scopes   []config.Scope
	accounts []string // the accounts it sees, by name
	requests *rate.Limiter
}

func newToken(t config.Token, accounts map[string]config.Account) (*token, error) {
	made := &token{name: t.Name, secret: access.DigestOf(t.Secret.Reveal()), scopes: t.Scopes, accounts: slices.Clone(t.Accounts),
		requests: rate.NewLimiter(requestsPerSecond, 2*requestsPerSecond)}
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

// authenticate finds the caller's token. It compares with every token, so that the time it
// takes reveals nothing about which one is close. A source that guesses is throttled.
func (a *API) authenticate(in *call) error {
	h := in.gin.Request.Header
	lines := h.Values("Authorization")
	source := access.ClientIP(in.gin.Request.RemoteAddr, h.Values("X-Forwarded-For"), a.cfg.TrustedProxies)
	if wait := a.throttle.Wait(source); wait > 0 {
		return tooMany("too many requests with a wrong token came from this address", wait).because(deniedThrottled)
	}
	if len(lines) == 1 { // of several none is examined
		sent, bearer := access.Credentials(lines[0], "Bearer")
		got := access.DigestOf(sent)
		for _, t := range a.tokens {
			if t.secret.Matches(got) == 1 && bearer {
				in.token = t
			}
		}
	}
	if in.token == nil {
		a.throttle.Failed(source, strings.Join(lines, "\n"))
		return unauthorized(len(lines) > 0)
	}
	return nil
}

// denial says why a caller may not do something.
type denial string

const (
	deniedToken     denial = "token"     // none, or a wrong one
	deniedThrottled denial = "throttled" // too many wrong ones came from the address
	deniedScope     denial = "scope"
	deniedAccount   denial = "account"
)

// deny logs and counts a denied request. Of what the caller sent it names only an account
// that exists.
func (a *API) deny(in *call, r route, d denial) {
	token, account := unknown, unknown
	if in.token != nil {
		token = in.token.name
	}
	if _, ok := a.accounts[in.account]; ok {
		account = in.account
	}
	ctx := in.gin.Request.Context()
	a.cfg.Instruments.APIDenied.Add(ctx, account, token, string(d))
	log := func() {
		a.log.WarnContext(ctx, "API request denied", "token", token, "method", r.method, "route", r.path, "account", account, "missing", d)
	}
	if in.token == nil {
		a.refusals.Do(log)
	} else {
		log()
	}
}

// unknown stands for a token or an account that is not configured.
const unknown = "unknown"

// unauthorized carries the challenge that a 401 must have.
func unauthorized(sent bool) *problem {
	challenge := apiRealm
	if sent {
		challenge += `, error="invalid_token"`
	}
	return problemOf(http.StatusUnauthorized, "unauthorized", "send one header Authorization: Bearer with a token of the configuration").
		because(deniedToken).with("WWW-Authenticate", challenge)
}

func forbidden(missing config.Scope) *problem {
	return problemOf(http.StatusForbidden, "forbidden", "the token lacks the scope "+string(missing)).
		because(deniedScope).with("WWW-Authenticate", fmt.Sprintf(`%s, error="insufficient_scope", scope="%s"`, apiRealm, missing))
}
