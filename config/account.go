package config

import (
	"cmp"
	"encoding/base64"
	"reflect"
	"strings"
	"time"

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

// Account is one IDWise account: one webhook path (/webhooks/idwise/<name>), one
// set of secrets, its flows and the customer's endpoints.
type Account struct {
	Name              string         `mapstructure:"name" doc:"Name in every id, path and decision: [a-z0-9-], at most 32 characters, unique. Required; never change it."`
	Environment       Environment    `mapstructure:"environment" doc:"live or sandbox. Required. The two share no secret and no endpoint."`
	Region            string         `mapstructure:"region" doc:"IDWise's region: eu, uae or qatar. Not together with base_url."`
	BaseURL           string         `mapstructure:"base_url" doc:"Address of IDWise's API where the region's is not the right one, for example a stand-in. https for a live account."`
	Paths             []PathOverride `mapstructure:"paths" doc:"Corrections of the API's paths, should IDWise's differ from the built-in table, and marks on those that are confirmed."`
	AcceptUnconfirmed bool           `mapstructure:"accept_unconfirmed_paths" doc:"true lets a live account start although paths of IDWise's API that it needs are guesses of ours."`
	APIKey            Secret         `mapstructure:"api_key" doc:"API key (some accounts: customer id). Required."`
	APISecret         Secret         `mapstructure:"api_secret" doc:"API secret (some accounts: server key). Required."`
	RequestsPerSecond float64        `mapstructure:"requests_per_second" doc:"Most requests to IDWise's API a second, of each worker and each starter process."`
	HintsPerSecond    float64        `mapstructure:"hints_per_second" doc:"How many of them webhooks may cause. What is beyond waits, so that a flood of webhooks leaves requests to deadlines, steps and people. Default: four fifths of requests_per_second."`
	Timeout           time.Duration  `mapstructure:"timeout" doc:"How long one request to IDWise's API may take."`
	Webhook           WebhookAuth    `mapstructure:"webhook" doc:"How IDWise's webhooks prove themselves. Everything configured here must match. Required."`
	Government        *Government    `mapstructure:"government" doc:"Where the government's face comes from. Required if a step compares it."`
	Endpoints         []Endpoint     `mapstructure:"endpoints" doc:"The customer's endpoints, which receive the signed messages."`
	Overrides         Policy         `mapstructure:"policy" doc:"Overrides of the top-level policy for this account."`
	Flows             []Flow         `mapstructure:"flows" doc:"The flows whose journeys are decided. A journey of a flow that is not listed is held for a person."`

	calendars []Calendar // the configuration's, for [Account.Ladders]
}

// PathOverride corrects one path of the vendor's API.
type PathOverride struct {
	Operation string `mapstructure:"operation" doc:"Name of the operation in the table of package idwise, for example journey_result."`
	Path      string `mapstructure:"path" doc:"Path from the API's base, with the placeholder of the table, for example {journey_id}."`
	Confirmed bool   `mapstructure:"confirmed" doc:"true once the path has been seen to work at this account: idjourney doctor says how far it is known. It counts for exactly the path that is written here."`
}

// Government is the source of reference faces.
type Government struct {
	Kind    string        `mapstructure:"kind" doc:"http is the only kind."`
	URL     string        `mapstructure:"url" doc:"Address that is asked by POST; the personal number is in the body, never in the URL. https for a live account. Required."`
	Token   Secret        `mapstructure:"token" doc:"Bearer token. Required."`
	Timeout time.Duration `mapstructure:"timeout" doc:"How long one look-up may take."`
}

// Endpoint is one of the customer's endpoints.
type Endpoint struct {
	Name          string        `mapstructure:"name" doc:"Name of the endpoint: [a-z0-9-], at most 32 characters, unique in the account. Required."`
	URL           string        `mapstructure:"url" doc:"Address that messages are posted to; https for a live account. Required."`
	Secrets       []Secret      `mapstructure:"secrets" doc:"One Standard Webhooks secret (whsec_…), or two while they are rotated: messages are signed with all of them. Required."`
	Timeout       time.Duration `mapstructure:"timeout" doc:"How long the endpoint has to answer."`
	MaxConcurrent int           `mapstructure:"max_concurrent" doc:"Messages that are on their way to the endpoint at a time, from each worker; further ones wait without a slot."`
}

// Flow is one of the account's flows at IDWise.
type Flow struct {
	ID         string `mapstructure:"id" doc:"IDWise's flow id, in quotes. Required."`
	Name       string `mapstructure:"name" doc:"Readable name, shown in Temporal and in policies."`
	CustomStep bool   `mapstructure:"custom_step" doc:"true if the flow has a custom step at IDWise: idjourney then completes it in every case, after the steps."`
	Steps      []Step `mapstructure:"steps" doc:"The steps that run, in this order, while IDWise's flow waits in its custom step."`
	Policy     Policy `mapstructure:"policy" doc:"Overrides of the account's policy for this flow."`
}

// PathMap returns the corrections by operation; nil if there are none.
func (a *Account) PathMap() map[string]string {
	var paths map[string]string
	for _, p := range a.Paths {
		if paths == nil {
			paths = make(map[string]string, len(a.Paths))
		}
		paths[p.Operation] = p.Path
	}
	return paths
}

// Endpoint returns the account's endpoint of that name.
func (a *Account) Endpoint(name string) (Endpoint, bool) {
	for _, e := range a.Endpoints {
		if e.Name == name {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Flow returns the flow with IDWise's id.
func (a *Account) Flow(id string) (Flow, bool) {
	for _, f := range a.Flows {
		if f.ID == id {
			return f, true
		}
	}
	return Flow{}, false
}

func (a *Account) validate(path string, api API, found *faults) {
	live := a.Environment == Live
	oneOf(found, path+".environment", string(a.Environment), string(Live), string(Sandbox))
	a.validateVendor(path, found)
	a.Webhook.validate(path+".webhook", live, found)
	if g := a.Government; g != nil {
		oneOf(found, path+".government.kind", g.Kind, "http")
		checkURL(found, path+".government.url", g.URL, live)
	}
	names := map[string]bool{}
	for i, e := range a.Endpoints {
		at := itemPath(path+".endpoints", i, reflect.ValueOf(e))
		unique(found, at, e.Name, names)
		checkURL(found, at+".url", e.URL, live)
		validateSigning(at+".secrets", e.Secrets, found)
	}
	a.validateFlows(path, api, found)
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
func validateSigning(path string, secrets []Secret, found *faults) {
	if len(secrets) == 0 {
		found.add(path, "is missing: name a secret, made by printf whsec_; openssl rand -base64 32")
	}
	atMostTwo(path, secrets, found)
	for _, s := range secrets {
		if !s.IsSet() {
			continue
		}
		text, prefixed := strings.CutPrefix(s.Reveal(), "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if !prefixed || err != nil || len(key) < 24 || len(key) > 64 {
			found.add(path, "must be whsec_ followed by 24 to 64 bytes in base64: make one by printf whsec_; openssl rand -base64 32")
		}
	}
}

// atMostTwo is the rule of rotation: the old secret and the new one.
func atMostTwo(path string, secrets []Secret, found *faults) {
	if len(secrets) > 2 {
		found.add(path, "lists more than two: keep the current one and, while it is rotated, the next")
	}
	if len(secrets) == 2 && secrets[0].IsSet() && secrets[0].Reveal() == secrets[1].Reveal() {
		found.add(path, "lists the same secret twice: rotation needs a new one")
	}
}

func (a *Account) validateFlows(path string, api API, found *faults) {
	ids := map[string]bool{}
	steps := map[string]Step{}
	for i := range a.Flows {
		f := &a.Flows[i]
		at := itemPath(path+".flows", i, reflect.ValueOf(*f))
		switch {
		case f.ID == "":
			found.add(at, "has no id: write IDWise's flow id, in quotes")
		case ids[f.ID]:
			found.add(at, "is there twice: list each flow once")
		}
		ids[f.ID] = true
		if len(f.Steps) > 0 && !f.CustomStep {
			found.add(at, "lists steps without custom_step: true; steps run while IDWise's flow waits in its custom step")
		}
		a.validatePolicy(at+".policy", f.Policy, found)
		a.validateSteps(at, f.Steps, steps, api, found)
		if size := len(policyJSON(a.Policy(f.ID))); size > maxPolicy {
			found.add(at, "makes a policy of %d bytes, and %d travel at most: shorten names, steps, ask_again or aml.severities", size, maxPolicy)
		}
	}
	a.validatePolicy(path+".policy", a.Overrides, found)
}

// validatePolicy refuses rejections that rest on webhooks alone: only a webhook announces
// the vendor's deadline, and a renewal before the API shows it.
func (a *Account) validatePolicy(path string, p Policy, found *faults) {
	p.validate(path, a.calendars, found)
	if a.Environment == Live && p.Renewal.OnMissed == journey.MeansReject {
		found.add(path+".renewal.on_missed", "is reject, which a live account cannot have: that a renewal's deadline has passed is known from a webhook alone; write review or on_hold")
	}
}

func (a *Account) validateSteps(path string, list []Step, seen map[string]Step, api API, found *faults) {
	here := map[string]bool{}
	for i, s := range list {
		at := itemPath(path+".steps", i, reflect.ValueOf(s))
		s.validate(at, found)
		if s.Kind == KindHTTP {
			s.validateHTTP(at, a.Environment == Live, api, found)
		}
		if here[s.Name] {
			found.add(at, "is there twice in one flow: give each step a name of its own")
		}
		if other, ok := seen[s.Name]; ok && !here[s.Name] && !reflect.DeepEqual(other, s) {
			found.add(at, "differs from the step of the same name in another flow of the account: rename it, or make them equal")
		}
		here[s.Name], seen[s.Name] = true, s
		if s.Activity == ActivityCompareGovernmentFace && a.Government == nil {
			found.add(at, "compares the government's face, but the account has no government source: add government to the account")
		}
	}
}

// validateSharing separates sandbox and live: a secret that leaks from a sandbox must
// not open a live account, and a test must not reach a customer's live systems.
func (c *Config) validateSharing(found *faults) {
	type use struct {
		path string
		env  Environment
	}
	secrets, endpoints := map[string]use{}, map[string]use{}
	check := func(seen map[string]use, value, what string, now use) {
		before, ok := seen[value]
		if value != "" && ok && before.env != now.env {
			found.add(now.path, "is the same %s as %s: live and sandbox share none; use another", what, describe(before.path, before.env))
		}
		if !ok {
			seen[value] = now
		}
	}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		path := itemPath("accounts", i, reflect.ValueOf(*a))
		for _, s := range secretsIn(path, reflect.ValueOf(a).Elem()) {
			check(secrets, s.secret.Reveal(), "secret", use{s.path, a.Environment})
		}
		for j, e := range a.Endpoints {
			check(endpoints, e.URL, "endpoint", use{itemPath(path+".endpoints", j, reflect.ValueOf(e)), a.Environment})
		}
	}
}

// setDefaults fills in what the account leaves out; base is the policy it inherits.
func (a *Account) setDefaults(base Policy, face ActivityOptions) {
	if a.BaseURL == "" {
		a.Region = cmp.Or(a.Region, "eu")
		a.BaseURL, _ = idwise.RegionURL(a.Region)
	}
	inherit(a, Account{RequestsPerSecond: 10, Timeout: 20 * time.Second, Overrides: base})
	a.HintsPerSecond = cmp.Or(a.HintsPerSecond, a.RequestsPerSecond*4/5)
	if a.Government != nil {
		inherit(a.Government, Government{Kind: "http", Timeout: 15 * time.Second})
	}
	for i := range a.Endpoints {
		inherit(&a.Endpoints[i], Endpoint{Timeout: 15 * time.Second, MaxConcurrent: 10})
	}
	for i := range a.Flows {
		f := &a.Flows[i]
		inherit(&f.Policy, a.Overrides)
		for j := range f.Steps {
			f.Steps[j].setDefaults(face)
		}
	}
}
