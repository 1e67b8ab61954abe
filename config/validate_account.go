package config

import (
	"encoding/base64"
	"reflect"
	"strings"

	"idjourney/idwise"
	"idjourney/journey"
)

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

// validatePolicy keeps webhooks out of rejections: a renewal is known by them alone
// until the API shows it, and by them alone the vendor's deadline is.
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

// validateSharing keeps sandbox and live apart: what leaks from a sandbox must
// open nothing that is live, and a test must not reach a customer's live systems.
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
