package config

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"idjourney/idwise"
	"idjourney/journey"
)

// Environment says whether an account's journeys are about real customers.
type Environment string

// Live and sandbox accounts share no secret and no endpoint.
const (
	Live    Environment = "live"
	Sandbox Environment = "sandbox"
)

// Account is one IDWise account; its webhooks come to /webhooks/idwise/<name>.
type Account struct {
	Name              string         `yaml:"name" doc:"Name in every id, path and decision: [a-z0-9-], at most 32 characters, unique. Required; never change it."`
	Environment       Environment    `yaml:"environment" check:"oneof=live,sandbox" doc:"live or sandbox. Required. The two share no secret and no endpoint."`
	Region            string         `yaml:"region" doc:"IDWise's region: eu, uae or qatar. Not together with base_url."`
	BaseURL           string         `yaml:"base_url" doc:"Address of IDWise's API where the region's is not the right one, for example a stand-in. https for a live account."`
	Paths             []PathOverride `yaml:"paths" doc:"Corrections of the API's paths, should IDWise's differ from the built-in table, and marks on those that are confirmed."`
	AcceptUnconfirmed bool           `yaml:"accept_unconfirmed_paths" doc:"true lets a live account start although paths of IDWise's API that it needs are guesses of ours."`
	APIKey            Secret         `yaml:"api_key" doc:"API key (some accounts: customer id). Required."`
	APISecret         Secret         `yaml:"api_secret" doc:"API secret (some accounts: server key). Required."`
	RequestsPerSecond float64        `yaml:"requests_per_second" default:"10" doc:"Most requests to IDWise's API a second, of each worker and each starter process."`
	HintsPerSecond    float64        `yaml:"hints_per_second" doc:"How many of them webhooks may cause. What is beyond waits, so that a flood of webhooks leaves requests to deadlines, steps and people. Default: four fifths of requests_per_second."`
	Timeout           time.Duration  `yaml:"timeout" default:"20s" doc:"How long one request to IDWise's API may take."`
	Webhook           WebhookAuth    `yaml:"webhook" doc:"How IDWise's webhooks prove themselves. Everything configured here must match. Required."`
	Government        *Government    `yaml:"government" doc:"Where the government's face comes from. Required if a step compares it."`
	Endpoints         []Endpoint     `yaml:"endpoints" check:"unique" doc:"The customer's endpoints, which receive the signed messages."`
	Overrides         Policy         `yaml:"policy" doc:"Overrides of the top-level policy for this account."`
	Flows             []Flow         `yaml:"flows" doc:"The flows whose journeys are decided. A journey of a flow that is not listed is held for a person."`

	calendars []Calendar // the configuration's, for [Account.Ladders]
}

// PathOverride corrects one path of the vendor's API.
type PathOverride struct {
	Operation string `yaml:"operation" doc:"Name of the operation in the table of package idwise, for example journey_result."`
	Path      string `yaml:"path" doc:"Path from the API's base, with the placeholder of the table, for example {journey_id}."`
	Confirmed bool   `yaml:"confirmed" doc:"true once the path has been seen to work at this account: idjourney doctor says how far it is known. It counts for exactly the path that is written here."`
}

// Government is the source of reference faces.
type Government struct {
	Kind    string        `yaml:"kind" default:"http" check:"oneof=http" doc:"http is the only kind."`
	URL     string        `yaml:"url" check:"url" doc:"Address that is asked by POST; the personal number is in the body, never in the URL. https for a live account. Required."`
	Token   Secret        `yaml:"token" doc:"Bearer token. Required."`
	Timeout time.Duration `yaml:"timeout" default:"15s" doc:"How long one look-up may take."`
}

// Endpoint is one of the customer's endpoints.
type Endpoint struct {
	Name          string        `yaml:"name" doc:"Name of the endpoint: [a-z0-9-], at most 32 characters, unique in the account. Required."`
	URL           string        `yaml:"url" check:"url" doc:"Address that messages are posted to; https for a live account. Required."`
	Secrets       []Secret      `yaml:"secrets" check:"signing" doc:"One Standard Webhooks secret (whsec_…), or two while they are rotated: messages are signed with all of them. Required."`
	Timeout       time.Duration `yaml:"timeout" default:"15s" doc:"How long the endpoint has to answer."`
	MaxConcurrent int           `yaml:"max_concurrent" default:"10" doc:"Messages that are on their way to the endpoint at a time, from each worker; further ones wait without a slot."`
}

// Flow is one of the account's flows at IDWise.
type Flow struct {
	ID         string `yaml:"id" doc:"IDWise's flow id, in quotes. Required."`
	Name       string `yaml:"name" doc:"Readable name, shown in Temporal and in policies."`
	CustomStep bool   `yaml:"custom_step" doc:"true if the flow has a custom step at IDWise: idjourney then completes it in every case, after the steps."`
	Steps      []Step `yaml:"steps" doc:"The steps that run, in this order, while IDWise's flow waits in its custom step."`
	Policy     Policy `yaml:"policy" doc:"Overrides of the account's policy for this flow."`
}

// Vendor returns a client of IDWise's API for the account. Observe receives each request's
// account, operation, outcome and duration, 0 if nothing was sent; it may be nil.
func (a *Account) Vendor(observe func(ctx context.Context, account, operation, outcome string, took time.Duration)) (*idwise.Client, error) {
	cfg := idwise.Config{
		BaseURL: a.BaseURL, Credentials: idwise.Credentials{Key: a.APIKey.Reveal(), Secret: a.APISecret.Reveal()},
		Paths: map[string]string{}, Timeout: a.Timeout, RequestsPerSecond: a.RequestsPerSecond,
	}
	for _, p := range a.Paths {
		cfg.Paths[p.Operation] = p.Path
	}
	if observe != nil {
		cfg.Observe = func(ctx context.Context, op idwise.Operation, outcome idwise.Outcome, took time.Duration) {
			observe(ctx, a.Name, string(op), string(outcome), took)
		}
	}
	return idwise.New(cfg)
}

// Flow returns the flow with IDWise's id.
func (a *Account) Flow(id string) (Flow, bool) {
	return find(a.Flows, func(f Flow) bool { return f.ID == id })
}

func find[T any](list []T, is func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	return found, false
}

func (a *Account) validate(path string, api API, found *faults) {
	a.validateVendor(path, found)
	a.Webhook.validate(path+".webhook", a.Environment == Live, found)
	a.validatePolicy(path+".policy", a.Overrides, found)
	ids := map[string]bool{}
	steps := map[string]Step{}
	for i, f := range a.Flows {
		at := itemPath(path+".flows", i, cmp.Or(f.Name, f.ID))
		found.addIf(f.ID == "", at, "has no id: write IDWise's flow id, in quotes")
		found.addIf(f.ID != "" && ids[f.ID], at, "is there twice: list each flow once")
		ids[f.ID] = true
		found.addIf(len(f.Steps) > 0 && !f.CustomStep, at,
			"lists steps without custom_step: true; steps run while IDWise's flow waits in its custom step")
		a.validatePolicy(at+".policy", f.Policy, found)
		a.validateSteps(at, f.Steps, steps, api, found)
		size := len(mustJSON(a.Policy(f.ID)))
		found.addIf(size > maxPolicy, at,
			"makes a policy of %d bytes, and %d travel at most: shorten names, steps, ask_again or aml.severities", size, maxPolicy)
	}
}

func (a *Account) validateVendor(path string, found *faults) {
	base, known := idwise.RegionURL(a.Region)
	switch {
	case a.Region != "" && !known:
		found.add(path+".region", "is %q, which is no region: write eu, uae or qatar", a.Region)
	case a.Region != "" && a.BaseURL != base:
		found.add(path, "has both region and another base_url: keep one")
	default:
		checkURL(found, path+".base_url", a.BaseURL, a.Environment == Live)
	}
	for _, p := range a.Paths {
		if err := idwise.CheckPath(p.Operation, p.Path); err != nil {
			found.add(path+".paths", "cannot be used: %s", err)
		}
	}
}

// validateSigning checks secrets in the form of Standard Webhooks: whsec_ and 24
// to 64 bytes in base64.
func validateSigning(found *faults, path string, secrets []Secret) {
	found.addIf(len(secrets) == 0, path, "is missing: name a secret, made by printf whsec_; openssl rand -base64 32")
	atMostTwo(found, path, secrets)
	for _, s := range secrets {
		text, prefixed := strings.CutPrefix(s.Reveal(), "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		found.addIf(s.IsSet() && (!prefixed || err != nil || len(key) < 24 || len(key) > 64), path,
			"must be whsec_ followed by 24 to 64 bytes in base64: make one by printf whsec_; openssl rand -base64 32")
	}
}

// validatePolicy refuses rejections that rest on webhooks alone: only a webhook announces
// the vendor's deadline, and a renewal before the API shows it.
func (a *Account) validatePolicy(path string, p Policy, found *faults) {
	p.validate(path, a.calendars, found)
	found.addIf(a.Environment == Live && p.Renewal.OnMissed == journey.MeansReject, path+".renewal.on_missed",
		"is reject, which a live account cannot have: that a renewal's deadline has passed is known from a webhook alone; write review or on_hold")
}

// validateSteps checks the steps of one flow; seen are those of the flows before it.
func (a *Account) validateSteps(path string, list []Step, seen map[string]Step, api API, found *faults) {
	here := map[string]bool{}
	for i, s := range list {
		at := itemPath(path+".steps", i, s.Name)
		s.validate(at, a.Environment == Live, api, found)
		other, known := seen[s.Name]
		found.addIf(here[s.Name], at, "is there twice in one flow: give each step a name of its own")
		found.addIf(known && !here[s.Name] && !reflect.DeepEqual(other, s), at,
			"differs from the step of the same name in another flow of the account: rename it, or make them equal")
		found.addIf(s.Activity == ActivityCompareGovernmentFace && a.Government == nil, at,
			"compares the government's face, but the account has no government source: add government to the account")
		here[s.Name], seen[s.Name] = true, s
	}
}

// validateSharing separates sandbox and live: a secret that leaks from a sandbox must
// not open a live account, and a test must not reach a customer's live systems.
func (c *Config) validateSharing(found *faults) {
	type use struct {
		path string
		env  Environment
	}
	seen := map[string]use{} // by kind and value
	check := func(kind, value string, now use) {
		before, ok := seen[kind+value]
		if !ok {
			seen[kind+value] = now
		}
		found.addIf(ok && value != "" && before.env != now.env, now.path,
			"is the same %s as %s (%s): live and sandbox share none; use another", kind, before.path, before.env)
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		path := itemPath("accounts", i, a.Name)
		for _, s := range secretsIn(path, reflect.ValueOf(a).Elem()) {
			check("secret", s.secret.Reveal(), use{s.path, a.Environment})
		}
		for j, e := range a.Endpoints {
			check("endpoint", e.URL, use{itemPath(path+".endpoints", j, e.Name), a.Environment})
		}
	}
}

// setDefaults fills in what the account leaves out; base is the policy it inherits.
func (a *Account) setDefaults(base Policy, face ActivityOptions) {
	if a.BaseURL == "" {
		a.Region = cmp.Or(a.Region, "eu")
		a.BaseURL, _ = idwise.RegionURL(a.Region)
	}
	inherit(&a.Overrides, base)
	a.HintsPerSecond = cmp.Or(a.HintsPerSecond, a.RequestsPerSecond*4/5)
	for i := range a.Flows {
		f := &a.Flows[i]
		inherit(&f.Policy, a.Overrides)
		for j := range f.Steps {
			f.Steps[j].setDefaults(face)
		}
	}
}

// UnconfirmedPaths lists the operations that the account's journeys need and whose path is
// an assumption of ours that is not marked as confirmed, in the order of package idwise.
func (a *Account) UnconfirmedPaths() []idwise.Endpoint {
	var list []idwise.Endpoint
	for _, e := range idwise.Operations() {
		override, _ := find(a.Paths, func(p PathOverride) bool { return p.Operation == string(e.Operation) })
		if e.Known != idwise.Documented && a.Needs(e.Operation) && !override.Confirmed {
			e.Path = cmp.Or(override.Path, e.Path)
			list = append(list, e)
		}
	}
	return list
}

// Needs reports whether a journey of the account cannot be decided without the operation.
// A live account starts while the paths of the others are guesses.
func (a *Account) Needs(op idwise.Operation) bool {
	switch op {
	case idwise.JourneyResult:
		return true
	case idwise.CompleteCustomStep:
		return slices.ContainsFunc(a.Flows, func(f Flow) bool { return f.CustomStep })
	case idwise.ProcessCustomStep:
		return slices.ContainsFunc(a.Flows, func(f Flow) bool {
			return slices.ContainsFunc(f.Steps, func(s Step) bool { return s.Activity == ActivityCompareGovernmentFace })
		})
	}
	return false
}

// validateConfirmed keeps guessed paths away from real customers.
func (c *Config) validateConfirmed(found *faults) {
	for i := range c.Accounts {
		a := &c.Accounts[i]
		var names []string
		for _, e := range a.UnconfirmedPaths() {
			names = append(names, string(e.Operation))
		}
		found.addIf(a.Environment == Live && !a.AcceptUnconfirmed && len(names) > 0, itemPath("accounts", i, a.Name),
			"is live, and nobody has confirmed the paths of %s: run idjourney doctor --account %s, list each under paths with confirmed: true, or write accept_unconfirmed_paths: true",
			strings.Join(names, ", "), a.Name)
	}
}

// WebhookAuth says how an account's webhooks prove themselves, since IDWise signs nothing.
// All mechanisms that are configured must match; within one, any of its secrets.
type WebhookAuth struct {
	None     NoAuth             `yaml:"auth" doc:"Only ever none: anybody who knows the address may post. Refused for a live account and beside any mechanism."`
	Basic    []BasicCredential  `yaml:"basic" doc:"HTTP Basic credentials; two while they are rotated."`
	Bearer   []Secret           `yaml:"bearer" check:"rotated" doc:"Bearer tokens; two while they are rotated."`
	Headers  []HeaderCredential `yaml:"headers" doc:"Custom headers; each one listed must match."`
	AllowIPs []netip.Prefix     `yaml:"allow_ips" check:"networks" doc:"Addresses or networks that webhooks come from. IDWise's support hands out its own."`
}

// NoAuth is "auth: none": every sender may post. Refused for live accounts.
type NoAuth bool

// BasicCredential is one accepted user and password. A password may hold colons,
// a user may not.
type BasicCredential struct {
	User     string `yaml:"user" doc:"User name, without a colon. Required."`
	Password Secret `yaml:"password" doc:"Password. Required."`
}

// HeaderCredential is one header that must be sent with one of the values.
type HeaderCredential struct {
	Name   string   `yaml:"name" doc:"Header's name. Required."`
	Values []Secret `yaml:"values" check:"rotated" doc:"The value, or two while they are rotated. Required."`
}

// Configured reports whether anything is configured, "auth: none" included.
func (w WebhookAuth) Configured() bool { return bool(w.None) || w.mechanisms() > 0 }

func (w WebhookAuth) mechanisms() int {
	n := 0
	for _, configured := range []bool{len(w.Basic) > 0, len(w.Bearer) > 0, len(w.Headers) > 0, len(w.AllowIPs) > 0} {
		if configured {
			n++
		}
	}
	return n
}

// validate fails closed: no mechanism at all is a fault, never an open door.
func (w WebhookAuth) validate(path string, live bool, found *faults) {
	switch {
	case !w.Configured():
		found.add(path, "says nothing about authentication: configure basic, bearer, headers or allow_ips as at IDWise, or write auth: none for a sandbox that anybody may post to")
	case bool(w.None) && live:
		found.add(path+".auth", "is none for a live account, where anybody could post: configure basic, bearer, headers or allow_ips")
	case bool(w.None) && w.mechanisms() > 0:
		found.add(path+".auth", "is none beside a mechanism: keep one or the other")
	}
	w.validateBasic(path+".basic", found)
	w.validateHeaders(path+".headers", found)
	w.validateLengths(path, live, found)
}

func (w WebhookAuth) validateBasic(path string, found *faults) {
	var passwords []Secret
	for _, b := range w.Basic {
		passwords = append(passwords, b.Password)
		found.addIf(b.User == "" || strings.ContainsFunc(b.User, func(r rune) bool { return r == ':' || unicode.IsControl(r) }),
			path, "needs a user without colons: HTTP Basic ends the user at the first one")
	}
	if len(w.Basic) == 2 && w.Basic[0].User != w.Basic[1].User {
		return // another user with the same password is odd, not a mistake in rotation
	}
	atMostTwo(found, path, passwords)
}

// atMostTwo is the rule of rotation: the old secret and the new one.
func atMostTwo(found *faults, path string, secrets []Secret) {
	found.addIf(len(secrets) > 2, path, "lists more than two: keep the current one and, while it is rotated, the next")
	found.addIf(len(secrets) == 2 && secrets[0].IsSet() && secrets[0].Reveal() == secrets[1].Reveal(),
		path, "lists the same secret twice: rotation needs a new one")
}

// The least lengths of webhook secrets, in bytes.
const (
	minLiveSecret    = 16
	minSandboxSecret = 8
)

func (w WebhookAuth) validateLengths(path string, live bool, found *faults) {
	least := minSandboxSecret
	if live {
		least = minLiveSecret
	}
	for _, s := range secretsIn(path, reflect.ValueOf(&w).Elem()) {
		n := len(s.secret.Reveal())
		found.addIf(n > 0 && n < least, s.path,
			"has %d characters, and %d is the least: make one by openssl rand -hex 32, and set it at IDWise, too", n, least)
	}
}

func (w WebhookAuth) validateHeaders(path string, found *faults) {
	names := map[string]bool{}
	for _, h := range w.Headers {
		at := path + "[" + h.Name + "]"
		name := http.CanonicalHeaderKey(h.Name)
		switch {
		case !isToken(h.Name):
			found.add(at, "has no usable name: write the header's name, for example X-Webhook-Key")
		case name == "Host" || name == "Content-Length" || name == "Transfer-Encoding":
			found.add(at, "is a header of HTTP itself: use one of your own, for example X-Webhook-Key")
		case names[name]:
			found.add(at, "is there twice: list the header once, with both values")
		}
		names[name] = true
		found.addIf(len(h.Values) == 0, at+".values", "is missing: name the secret that the header must hold")
	}
}

// isToken reports whether s can be a header's name (RFC 9110, token).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
