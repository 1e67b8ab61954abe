package config

import (
	"reflect"
	"slices"
	"strings"
)

// API is the customer's REST API. It is off without a token.
type API struct {
	Tokens []Token `mapstructure:"tokens" doc:"Who may use the API. Without any, the API is off."`
	URL    string  `mapstructure:"url" doc:"Address at which others reach listen.api, for example https://idjourney.example.com: the callbacks of http steps lie below it. Required if a step may call back."`
}

// Token is one caller of the API. Its name is the actor of everything done with it.
type Token struct {
	Name     string   `mapstructure:"name" doc:"Name of the caller: [a-z0-9-], at most 32 characters, unique. It is written into decisions as who decided. Required."`
	Secret   Secret   `mapstructure:"secret" doc:"The bearer token, at least 32 characters. Required."`
	Scopes   []Scope  `mapstructure:"scopes" doc:"What it may do: read, aml:read, operate, erase. Required."`
	Accounts []string `mapstructure:"accounts" doc:"The accounts it may see; all if it is left out."`
}

// Scope is one thing that a token may do.
type Scope string

// The scopes. None includes another.
const (
	ScopeRead    Scope = "read"     // journeys, decisions, reviews, attention
	ScopeAMLRead Scope = "aml:read" // AML alerts and their matches' ids
	ScopeOperate Scope = "operate"  // start, register, review, override, refresh, retry, end, link, acknowledge
	ScopeErase   Scope = "erase"    // erasure
)

// minTokenLength is that of 24 random bytes in base64.
const minTokenLength = 32

func (a API) validate(accounts []Account, found *faults) {
	if a.URL != "" {
		checkURL(found, "api.url", a.URL, false)
	}
	names := map[string]bool{}
	for i, t := range a.Tokens {
		path := itemPath("api.tokens", i, reflect.ValueOf(t))
		unique(found, path, t.Name, names)
		t.validate(path, accounts, found)
	}
}

func (t Token) validate(path string, accounts []Account, found *faults) {
	if t.Secret.IsSet() && len(t.Secret.Reveal()) < minTokenLength {
		found.add(path+".secret", "is shorter than %d characters: make one with openssl rand -base64 32", minTokenLength)
	}
	if len(t.Scopes) == 0 {
		found.add(path+".scopes", "is missing: list what the token may do: read, aml:read, operate, erase")
	}
	for i, s := range t.Scopes {
		oneOf(found, path+".scopes", string(s), string(ScopeRead), string(ScopeAMLRead), string(ScopeOperate), string(ScopeErase))
		if slices.Contains(t.Scopes[:i], s) {
			found.add(path+".scopes", "lists %s twice: keep one", s)
		}
	}
	for i, name := range t.Accounts {
		if !slices.ContainsFunc(accounts, func(a Account) bool { return a.Name == name }) {
			found.add(path+".accounts", "lists %q, which is no account: correct the name", name)
		}
		if slices.Contains(t.Accounts[:i], name) {
			found.add(path+".accounts", "lists %s twice: keep one", name)
		}
	}
	environments := map[Environment]bool{}
	for _, a := range accounts {
		if t.sees(a.Name) {
			environments[a.Environment] = true
		}
	}
	if environments[Live] && environments[Sandbox] {
		found.add(path+".accounts", "has live and sandbox accounts in it, which share no token: list those of one, and make another token for the others")
	}
}

// validateTokens refuses a token that is also another secret: the holder of that secret
// could act, and decisions would name the wrong actor.
func (c *Config) validateTokens(found *faults) {
	seen := map[string]string{c.ReferenceKey.Reveal(): "reference_key"}
	for _, s := range slices.Backward(c.secrets()) {
		other, ok := seen[s.secret.Reveal()]
		if ok && s.secret.IsSet() && strings.HasPrefix(s.path, "api.tokens") {
			found.add(s.path, "is the same secret as %s: a token is used for nothing else; make one with openssl rand -base64 32", other)
		}
		seen[s.secret.Reveal()] = s.path
	}
}

// sees reports whether the token may see the account of that name.
func (t Token) sees(account string) bool {
	return len(t.Accounts) == 0 || slices.Contains(t.Accounts, account)
}
