package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

var nameForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// validate checks everything that can be known without asking anybody.
func (c *Config) validate(found *faults) {
	c.validateNumbers(found)
	c.validateListen(found)
	c.validateLedger(found)
	oneOf(found, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(found, "log.format", c.Log.Format, "text", "json")
	if c.Forwarder.LeaseFor <= c.Intake.SignalTimeout {
		found.add("forwarder.lease_for", "must be longer than intake.signal_timeout: else a second process takes a webhook that the first is still handing over")
	}
	if p := c.Worker.Pollers; p.Minimum > p.Maximum || p.Initial < p.Minimum || p.Initial > p.Maximum {
		found.add("worker.pollers", "must have minimum <= initial <= maximum")
	}
	notEverybody(found, "intake.trusted_proxies", c.Intake.TrustedProxies)
	if c.Intake.BodyMemory < 8*c.Intake.MaxBody {
		found.add("intake.body_memory", "must be at least eight times intake.max_body: an eighth of it is what one account's large bodies get")
	}
	c.validateCalendars(found)
	c.Policy.validate("policy", c.Calendars, found)
	for _, o := range c.Activities {
		o.validate(found)
	}
	if len(c.Accounts) == 0 {
		found.add("accounts", "is empty: list at least one IDWise account (config/example.yaml is a start)")
	}
	names := map[string]bool{}
	for i := range c.Accounts {
		path := itemPath("accounts", i, reflect.ValueOf(c.Accounts[i]))
		unique(found, path, c.Accounts[i].Name, names)
		c.Accounts[i].validate(path, c.API, found)
	}
	c.API.validate(c.Accounts, found)
	c.validateTokens(found)
	c.validateSharing(found)
}

// validateNumbers refuses what is negative anywhere, and what is zero where
// zero makes no sense.
func (c *Config) validateNumbers(found *faults) {
	visit("", reflect.ValueOf(*c), func(path string, v reflect.Value) {
		switch {
		case v.CanInt() && v.Int() < 0, v.CanFloat() && v.Float() < 0:
			found.add(path, "is negative: write a positive value")
		}
	})
}

func (c *Config) validateListen(found *faults) {
	listeners := []struct{ path, address, what string }{
		{"listen.public", c.Listen.Public, "webhooks"},
		{"listen.admin", c.Listen.Admin, "health and metrics"},
		{"listen.api", c.Listen.API, "the API"},
	}
	if len(c.API.Tokens) == 0 {
		listeners = listeners[:2]
	}
	for i, l := range listeners {
		if _, _, err := net.SplitHostPort(l.address); err != nil {
			found.add(l.path, "is not an address to listen on: write host:port, or :port for all interfaces")
		}
		for _, other := range listeners[:i] {
			if l.address == other.address && !strings.HasSuffix(l.address, ":0") {
				found.add(l.path, "is the same as %s: keep %s on an address of their own", other.path, l.what)
			}
		}
	}
}

func (c *Config) validateLedger(found *faults) {
	if c.Ledger.KeepContent < 24*time.Hour {
		found.add("ledger.keep_content", "must be at least 24h: whoever looks into an incident needs what was received")
	}
	text := c.Ledger.URL.Reveal()
	if file, ok := strings.CutPrefix(text, "sqlite:"); ok && file != "" {
		return
	}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		return
	}
	found.add("ledger.url", "is no ledger: write sqlite:path/to/file.db or postgres://user@host/database")
}

func oneOf(found *faults, path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		found.add(path, "is %q, which means nothing here: write one of %s", value, strings.Join(allowed, ", "))
	}
}

// unique notes a name that is missing, malformed or taken.
func unique(found *faults, path, name string, taken map[string]bool) {
	switch {
	case name == "":
		found.add(path, "has no name: give it one")
	case !nameForm.MatchString(name):
		found.add(path+".name", "must be 1 to 32 characters of a-z, 0-9 and -")
	case taken[name]:
		found.add(path, "is there twice: give each a name of its own")
	}
	taken[name] = true
}

func notEverybody(found *faults, path string, prefixes []netip.Prefix) {
	for _, p := range prefixes {
		if p.IsValid() && p.Bits() == 0 {
			found.add(path, "lists %s, which is everybody: name the networks that are meant", p)
		}
	}
}

// checkURL notes what is wrong with an address that idjourney calls. A sandbox
// may do without TLS, a live account may not.
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

func describe(path string, env Environment) string { return fmt.Sprintf("%s (%s)", path, env) }
