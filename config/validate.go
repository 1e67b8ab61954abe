package config

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"idjourney/journey"
)

var nameForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// validate checks everything that can be known without a network.
func (c *Config) validate(found *faults) {
	c.validateKeys(found)
	c.validateListen(found)
	c.validateLedger(found)
	found.addIf(c.Forwarder.LeaseFor <= c.Intake.SignalTimeout, "forwarder.lease_for",
		"must be longer than intake.signal_timeout: else a second process takes a webhook that the first is still handing over")
	p := c.Worker.Pollers
	found.addIf(p.Minimum > p.Maximum || p.Initial < p.Minimum || p.Initial > p.Maximum, "worker.pollers", "must have minimum <= initial <= maximum")
	found.addIf(c.Intake.BodyMemory < 8*c.Intake.MaxBody, "intake.body_memory",
		"must be at least eight times intake.max_body: an eighth of it is what one account's large bodies get")
	for i, cal := range c.Calendars {
		if _, err := cal.hours(); err != nil {
			found.each(itemPath("calendars", i, cal.Name), err)
		}
	}
	c.Policy.validate("policy", c.Calendars, found)
	for _, o := range c.Activities {
		o.validate(found)
	}
	found.addIf(len(c.Accounts) == 0, "accounts", "is empty: list at least one IDWise account (config/example.yaml is a start)")
	for i := range c.Accounts {
		c.Accounts[i].validate(itemPath("accounts", i, c.Accounts[i].Name), c.API, found)
	}
	c.API.validate(c.Accounts, found)
	c.validateTokens(found)
	c.validateSharing(found)
}

// validateKeys checks each key by itself: numbers are never negative, and the check
// tag names what else holds.
func (c *Config) validateKeys(found *faults) {
	live := false // the account that is visited
	visit("", field{value: reflect.ValueOf(*c)}, func(path string, fd field) {
		if a, ok := fd.value.Interface().(Account); ok {
			live = a.Environment == Live
		}
		found.addIf(fd.value.CanInt() && fd.value.Int() < 0 || fd.value.CanFloat() && fd.value.Float() < 0,
			path, "is negative: write a positive value")
		rule, arg, _ := strings.Cut(fd.check, "=")
		switch rule {
		case "oneof":
			oneOf(found, path, fd.value, arg)
		case "meaning":
			validateMeaning(found, path, fd.value, arg)
		case "url":
			checkURL(found, path, fd.value.String(), live)
		case "unique":
			uniqueNames(found, path, fd.value)
		case "networks":
			notEverybody(found, path, fd.value.Interface().([]netip.Prefix))
		case "rotated":
			atMostTwo(found, path, fd.value.Interface().([]Secret))
		case "signing":
			validateSigning(found, path, fd.value.Interface().([]Secret))
		}
	})
}

// oneOf checks a text, or each text of a list; allowed is divided by commas.
func oneOf(found *faults, path string, v reflect.Value, allowed string) {
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			oneOf(found, path, v.Index(i), allowed)
		}
		return
	}
	list := strings.Split(allowed, ",")
	found.addIf(!slices.Contains(list, v.String()), path, "is %q, which means nothing here: write one of %s", v, strings.Join(list, ", "))
}

// validateMeaning keeps approval out of reach of a failure: nothing is approved
// without positive evidence.
func validateMeaning(found *faults, path string, v reflect.Value, what string) {
	if m := v.String(); m == "approve" || m == string(journey.OutcomeApproved) {
		found.add(path, "cannot approve: %s is no evidence; write review, reject or on_hold", what)
		return
	}
	oneOf(found, path, v, "review,reject,on_hold")
}

// uniqueNames notes the items of a list whose name is missing, malformed or taken.
func uniqueNames(found *faults, path string, list reflect.Value) {
	taken := map[string]bool{}
	for i := range list.Len() {
		name := list.Index(i).FieldByName("Name").String()
		at := itemPath(path, i, name)
		switch {
		case name == "":
			found.add(at, "has no name: give it one")
		case !nameForm.MatchString(name):
			found.add(at+".name", "must be 1 to 32 characters of a-z, 0-9 and -")
		case taken[name]:
			found.add(at, "is there twice: give each a name of its own")
		}
		taken[name] = true
	}
}

func notEverybody(found *faults, path string, prefixes []netip.Prefix) {
	for _, p := range prefixes {
		found.addIf(p.IsValid() && p.Bits() == 0, path, "lists %s, which is everybody: name the networks that are meant", p)
	}
}

// checkURL checks an address that idjourney calls; only a sandbox may do without TLS.
func checkURL(found *faults, path, text string, live bool) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		found.add(path, "is missing: write the address, for example https://example.com/path")
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		found.add(path, "is not an address: write, for example, https://example.com/path")
	case u.User != nil:
		found.add(path, "has a user or password in it: take it out")
	case live && u.Scheme != "https":
		found.add(path, "must begin with https:// for a live account")
	}
}

func (c *Config) validateListen(found *faults) {
	used := map[string]string{} // the key of an address
	for _, l := range []struct{ path, address, what string }{
		{"listen.public", c.Listen.Public, "webhooks"},
		{"listen.admin", c.Listen.Admin, "health and metrics"},
		{"listen.api", c.Listen.API, "the API"},
	} {
		if l.path == "listen.api" && len(c.API.Tokens) == 0 {
			continue // the API is off
		}
		_, _, err := net.SplitHostPort(l.address)
		found.addIf(err != nil, l.path, "is not an address to listen on: write host:port, or :port for all interfaces")
		other, taken := used[l.address]
		found.addIf(taken && !strings.HasSuffix(l.address, ":0"), l.path, "is the same as %s: keep %s on an address of their own", other, l.what)
		used[l.address] = l.path
	}
}

func (c *Config) validateLedger(found *faults) {
	found.addIf(c.Ledger.KeepContent < 24*time.Hour, "ledger.keep_content",
		"must be at least 24h: whoever looks into an incident needs what was received")
	file, isFile := strings.CutPrefix(c.Ledger.URL.Reveal(), "sqlite:")
	u, err := url.Parse(c.Ledger.URL.Reveal())
	if postgres := err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql"); !postgres && (!isFile || file == "") {
		found.add("ledger.url", "is no ledger: write sqlite:path/to/file.db or postgres://user@host/database")
	}
}

// faults collects all faults, so that they can be corrected in one go.
type faults struct{ list []error }

// add notes a fault. The sentence's subject is the path, and it says what to do.
func (f *faults) add(path, format string, args ...any) {
	fault := errors.New(path + " " + fmt.Sprintf(format, args...))
	if !slices.ContainsFunc(f.list, func(known error) bool { return known.Error() == fault.Error() }) {
		f.list = append(f.list, fault)
	}
}

// addIf notes a fault if wrong is true.
func (f *faults) addIf(wrong bool, path, format string, args ...any) {
	if wrong {
		f.add(path, format, args...)
	}
}

// each notes the joined errors one by one; each is a sentence without its subject.
func (f *faults) each(path string, err error) {
	for _, e := range flatten(err) {
		f.add(path, "%s", e)
	}
}

// flatten lists the errors that are joined in err.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, e := range many.Unwrap() {
		list = append(list, flatten(e)...)
	}
	return list
}

// decoding notes the faults of mapstructure's error, one by one.
func (f *faults) decoding(err error) {
	for _, e := range flatten(err) {
		inner := errors.Unwrap(e)
		switch named, ok := e.(interface{ Name() string }); {
		case ok:
			f.field(named.Name(), inner)
		case inner != nil:
			f.decoding(inner)
		default:
			f.add("the configuration", "cannot be read: %s", e)
		}
	}
}

const unknownKey = "is not a key of the configuration: correct it (docs/configuration.md lists all)"

// emptySections notes unknown keys with nothing below them, which viper drops. What cannot
// be parsed here is viper's to report.
func (f *faults) emptySections(text []byte) {
	known := map[string]shape{}
	visit("", field{value: reflect.ValueOf(Config{})}, func(path string, fd field) { known[path] = shapeOf(fd.value.Type()) })
	var check func(path string, value any)
	check = func(path string, value any) {
		mapping, ok := value.(map[string]any)
		form, isKey := known[path]
		f.addIf(len(mapping) == 0 && (ok || value == nil) && !isKey, path, unknownKey)
		for key, below := range mapping {
			if !isKey || form == section {
				check(join(path, strings.ToLower(key)), below)
			}
		}
	}
	var file map[string]any
	if yaml.Unmarshal(text, &file) == nil {
		check("", file)
	}
}

// field notes the faults of one key. mapstructure's metadata would list unknown keys, too,
// but not beside a value that cannot be read.
func (f *faults) field(path string, err error) {
	for _, e := range flatten(err) {
		keys, unknown := strings.CutPrefix(e.Error(), "has invalid keys: ")
		if !unknown {
			f.add(path, "cannot be read: %s", e)
			continue
		}
		for key := range strings.SplitSeq(keys, ", ") {
			f.add(join(path, key), unknownKey)
		}
	}
}

// Warnings returns what is allowed but rarely meant, one sentence each.
func (c *Config) Warnings() []string {
	found := &faults{}
	admin, err := netip.ParseAddrPort(c.Listen.Admin)
	loopback := err == nil && admin.Addr().IsLoopback() || strings.HasPrefix(c.Listen.Admin, "localhost:")
	found.addIf(!loopback, "listen.admin",
		"is reachable from other machines and has no authentication: let only your monitoring reach it")
	for i := range c.Accounts {
		c.Accounts[i].warn(itemPath("accounts", i, c.Accounts[i].Name), found)
	}
	var list []string
	for _, warning := range found.list {
		list = append(list, warning.Error())
	}
	return list
}

func (a *Account) warn(path string, found *faults) {
	w := a.Webhook
	found.addIf(bool(w.None), path, "accepts webhooks from anybody (auth: none)")
	found.addIf(len(w.AllowIPs) > 0 && w.mechanisms() == 1, path, "checks webhooks by address alone: add basic, bearer or headers")
	// All of these claim the one Authorization header.
	authorizations := min(len(w.Basic), 1) + min(len(w.Bearer), 1)
	for _, h := range w.Headers {
		if http.CanonicalHeaderKey(h.Name) == "Authorization" {
			authorizations++
		}
	}
	found.addIf(authorizations > 1, path,
		"asks for more than one kind of Authorization header, which a sender can rarely give: all that is configured must match")
	found.addIf(len(a.Flows) == 0, path, "lists no flow: every journey will be held for a person")
	for _, f := range a.Flows {
		found.addIf(strings.HasPrefix(f.ID, "your-"), path, "has the example's flow id: take IDWise's from the portal")
		found.addIf(slices.ContainsFunc(f.Steps, func(s Step) bool { return strings.HasPrefix(s.StepID, "your-") }),
			path, "has the example's step id: take IDWise's from the portal")
	}
	found.addIf(len(a.Endpoints) == 0, path, "has no endpoint: decisions are kept, and sent to nobody")
}
