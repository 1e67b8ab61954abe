package config

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

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
