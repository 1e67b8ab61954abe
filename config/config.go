// Package config reads idjourney's one configuration file and reports all faults at once.
// Secrets are named in the file (secret_env, secret_file), never written in it. Lists, not
// maps, hold what has a name: keys are case-insensitive, names are not.
package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Config is the whole configuration, resolved: defaults filled in, secrets read.
type Config struct {
	Listen           Listen            `yaml:"listen" doc:"Where idjourney listens."`
	Log              Log               `yaml:"log" doc:"Logging, to standard error."`
	Ledger           Ledger            `yaml:"ledger" doc:"The SQL store that remembers webhooks and decisions."`
	TaskQueue        string            `yaml:"task_queue" default:"idjourney" doc:"Temporal task queue of the workflows and of idjourney's own activities."`
	ReferenceKey     Secret            `yaml:"reference_key" doc:"Key of at least 32 bytes for the hashes of customers' references. Required; keep it for as long as the journeys. Set the environment variable or reference_key_file; it is refused in the file itself."`
	ReferenceKeyFile string            `yaml:"reference_key_file" doc:"File that holds the reference key."`
	Intake           Intake            `yaml:"intake" doc:"Limits of the webhook endpoint."`
	Forwarder        Forwarder         `yaml:"forwarder" doc:"How recorded webhooks reach Temporal."`
	Screening        Screening         `yaml:"screening" doc:"How webhooks about journeys that IDWise has not confirmed are held back."`
	Worker           Worker            `yaml:"worker" doc:"The Temporal worker."`
	Policy           Policy            `yaml:"policy" doc:"What a journey waits for and for how long; accounts and flows may override each key."`
	Calendars        []Calendar        `yaml:"calendars" check:"unique" doc:"Working hours, which policy.calendar names: ladders of reminders are counted in them."`
	ReviewOverdue    time.Duration     `yaml:"review_overdue_after" default:"24h" doc:"From when on an open review counts as overdue in the metrics, and so wakes somebody; the journey itself goes on waiting."`
	Activities       []ActivityOptions `yaml:"activities" doc:"Time-outs and retries of idjourney's own activities, each over the defaults in the table at the end."`
	API              API               `yaml:"api" doc:"The customer's REST API."`
	Accounts         []Account         `yaml:"accounts" check:"unique" doc:"The IDWise accounts; at least one."`
}

// Listen says where idjourney listens.
type Listen struct {
	Public string `yaml:"public" default:":8080" doc:"Address of the public listener: webhooks."`
	API    string `yaml:"api" default:":8081" doc:"Address of the listener for the customer's REST API; unused while api.tokens is empty. It speaks plain HTTP: put TLS in front of it."`
	Admin  string `yaml:"admin" default:"127.0.0.1:9090" doc:"Address of the listener for health, readiness and metrics. It has no authentication: keep it on loopback or in the cluster."`
	// AdminHosts: a web page can reach loopback by a name of its own.
	AdminHosts []string `yaml:"admin_hosts" doc:"Host names, without a port, under which monitoring reaches the admin listeners. Loopback names and addresses, and the address that the client is connected to, are always served; any other Host is answered 421."`
}

// Log says how idjourney logs.
type Log struct {
	Level  string `yaml:"level" default:"info" check:"oneof=debug,info,warn,error" doc:"debug, info, warn or error."`
	Format string `yaml:"format" default:"text" check:"oneof=text,json" doc:"text or json."`
}

// Ledger says where the ledger is, and what it keeps.
type Ledger struct {
	URL     LedgerURL `yaml:"url" doc:"sqlite:path/to/file.db or postgres://user@host/database. A URL with a password is refused in the file: set the environment variable or url_file."`
	URLFile string    `yaml:"url_file" doc:"File that holds the URL, with its password."`
	// KeepContent bounds how much of the ledger webhooks take.
	KeepContent time.Duration `yaml:"keep_content" default:"720h" doc:"How long the content of a webhook is kept after it was received; what still waits to be handed over keeps it. At least 24h. The row stays with a hash of the content, so that a repeated event is still known as one."`
}

// Intake limits what the public listener takes.
type Intake struct {
	MaxBody           int64          `yaml:"max_body" default:"1048576" doc:"Largest accepted webhook body, in bytes; a larger one is answered 413."`
	ReadHeaderTimeout time.Duration  `yaml:"read_header_timeout" default:"5s" doc:"A client that has not sent its headers by then is cut off."`
	ReadTimeout       time.Duration  `yaml:"read_timeout" default:"10s" doc:"A client that has not sent its whole request by then is cut off."`
	WriteTimeout      time.Duration  `yaml:"write_timeout" default:"15s" doc:"An answer that is not taken by then is dropped."`
	IdleTimeout       time.Duration  `yaml:"idle_timeout" default:"2m" doc:"How long an idle connection is kept."`
	RecordTimeout     time.Duration  `yaml:"record_timeout" default:"2s" doc:"How long a webhook may take to be recorded in the ledger before it is tried at Temporal directly."`
	SignalTimeout     time.Duration  `yaml:"signal_timeout" default:"2s" doc:"How long Temporal has to take an event."`
	ShutdownTimeout   time.Duration  `yaml:"shutdown_timeout" default:"20s" doc:"How long requests in flight have to end when idjourney is stopped."`
	BodyMemory        int64          `yaml:"body_memory" default:"67108864" doc:"Most bytes of webhook bodies in memory at a time. One account gets a quarter of it, and half of that quarter for bodies above 16 KiB; beyond it webhooks are answered 503."`
	WebhooksPerSecond float64        `yaml:"webhooks_per_second" default:"200" doc:"Most webhooks of one account a second, averaged over a minute; beyond it they are answered 503."`
	BytesPerSecond    float64        `yaml:"bytes_per_second" default:"524288" doc:"The same for the bytes of an account's webhook bodies, which the ledger keeps."`
	TrustedProxies    []netip.Prefix `yaml:"trusted_proxies" check:"networks" doc:"Addresses or networks of the proxies whose X-Forwarded-For is believed. Empty: none is."`
}

// Forwarder says how recorded webhooks are handed to Temporal.
type Forwarder struct {
	Concurrency  int           `yaml:"concurrency" default:"8" doc:"How many webhooks are handed over at a time."`
	PollInterval time.Duration `yaml:"poll_interval" default:"1s" doc:"How often the ledger is searched for webhooks that still wait, beside being woken by each new one."`
	LeaseFor     time.Duration `yaml:"lease_for" default:"30s" doc:"How long a process that took a webhook has it to itself."`
}

// Screening bounds what invented journey ids can cause.
type Screening struct {
	Unconfirmed       int     `yaml:"unconfirmed" default:"200" doc:"How many journeys and spot checks of one account may have been started within an hour that IDWise has not confirmed. Beyond it, webhooks about further new ids wait in the ledger until IDWise has been asked whether it knows them."`
	RequestsPerSecond float64 `yaml:"requests_per_second" default:"5" doc:"Most of these requests a second, of each account and starter process."`
}

// Worker says how the Temporal worker runs.
type Worker struct {
	StopTimeout                time.Duration `yaml:"stop_timeout" default:"30s" doc:"How long activities in flight have to end when the worker is stopped."`
	MaxConcurrentActivities    int           `yaml:"max_concurrent_activities" default:"200" doc:"Activities that run at a time."`
	MaxConcurrentDeliveries    int           `yaml:"max_concurrent_deliveries" default:"100" doc:"Messages to endpoints that are sent at a time, on a task queue of their own."`
	MaxConcurrentWorkflowTasks int           `yaml:"max_concurrent_workflow_tasks" default:"200" doc:"Workflow tasks that run at a time."`
	Pollers                    Pollers       `yaml:"pollers" doc:"Autoscaled pollers, of each kind."`
}

// Pollers bounds the autoscaling of the worker's pollers.
type Pollers struct {
	Initial int `yaml:"initial" default:"5" doc:"Pollers at the start."`
	Minimum int `yaml:"minimum" default:"2" doc:"Never fewer."`
	Maximum int `yaml:"maximum" default:"50" doc:"Never more."`
}

// Account returns the account of that name.
func (c *Config) Account(name string) (*Account, bool) {
	i := slices.IndexFunc(c.Accounts, func(a Account) bool { return a.Name == name })
	if i < 0 {
		return nil, false
	}
	return &c.Accounts[i], true
}

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
