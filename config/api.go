package config

import (
	"slices"
	"strings"
)

// API is the customer's REST API. It is off without a token.
type API struct {
	Tokens []Token `yaml:"tokens" check:"unique" doc:"Who may use the API. Without any, the API is off."`
	URL    string  `yaml:"url" doc:"Address at which others reach listen.api, for example https://idjourney.example.com: the callbacks of http steps lie below it. Required if a step may call back."`
}

// Token is one caller of the API. Its name is the actor of everything done with it.
type Token struct {
	Name     string   `yaml:"name" doc:"Name of the caller: [a-z0-9-], at most 32 characters, unique. It is written into decisions as who decided. Required."`
	Secret   Secret   `yaml:"secret" doc:"The bearer token, at least 32 characters. Required."`
	Scopes   []Scope  `yaml:"scopes" check:"oneof=read,aml:read,operate,erase" doc:"What it may do: read, aml:read, operate, erase. Required."`
	Accounts []string `yaml:"accounts" doc:"The accounts it may see; all if it is left out."`
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
	for i, t := range a.Tokens {
		t.validate(itemPath("api.tokens", i, t.Name), accounts, found)
	}
}

func (t Token) validate(path string, accounts []Account, found *faults) {
	found.addIf(t.Secret.IsSet() && len(t.Secret.Reveal()) < minTokenLength, path+".secret",
		"is shorter than %d characters: make one with openssl rand -base64 32", minTokenLength)
	found.addIf(len(t.Scopes) == 0, path+".scopes", "is missing: list what the token may do: read, aml:read, operate, erase")
	for i, s := range t.Scopes {
		found.addIf(slices.Contains(t.Scopes[:i], s), path+".scopes", "lists %s twice: keep one", s)
	}
	for i, name := range t.Accounts {
		_, known := find(accounts, func(a Account) bool { return a.Name == name })
		found.addIf(!known, path+".accounts", "lists %q, which is no account: correct the name", name)
		found.addIf(slices.Contains(t.Accounts[:i], name), path+".accounts", "lists %s twice: keep one", name)
	}
	sees := map[Environment]bool{}
	for _, a := range accounts {
		sees[a.Environment] = sees[a.Environment] || len(t.Accounts) == 0 || slices.Contains(t.Accounts, a.Name)
	}
	found.addIf(sees[Live] && sees[Sandbox], path+".accounts",
		"has live and sandbox accounts in it, which share no token: list those of one, and make another token for the others")
}

// validateTokens refuses a token that is also another secret: the holder of that secret
// could act, and decisions would name the wrong actor.
func (c *Config) validateTokens(found *faults) {
	seen := map[string]string{c.ReferenceKey.Reveal(): "reference_key"}
	for _, s := range slices.Backward(c.secrets()) {
		other, ok := seen[s.secret.Reveal()]
		found.addIf(ok && s.secret.IsSet() && strings.HasPrefix(s.path, "api.tokens"), s.path,
			"is the same secret as %s: a token is used for nothing else; make one with openssl rand -base64 32", other)
		seen[s.secret.Reveal()] = s.path
	}
}
