package config

// API is the customer's REST API. Without a token there is none.
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
