package config

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Warnings returns what is allowed but rarely meant, one sentence each, to be
// logged at the start and shown by the check.
func (c *Config) Warnings() []string {
	var list []string
	if host, err := netip.ParseAddrPort(c.Listen.Admin); (err != nil || !host.Addr().IsLoopback()) && !strings.HasPrefix(c.Listen.Admin, "localhost:") {
		list = append(list, "listen.admin is reachable from other machines and has no authentication: let only your monitoring reach it")
	}
	for _, a := range c.Accounts {
		for _, text := range a.warnings() {
			list = append(list, fmt.Sprintf("accounts[%s] %s", a.Name, text))
		}
	}
	return list
}

func (a *Account) warnings() []string {
	var list []string
	w := a.Webhook
	if w.None {
		list = append(list, "accepts webhooks from anybody (auth: none)")
	}
	if len(w.AllowIPs) > 0 && w.mechanisms() == 1 {
		list = append(list, "checks webhooks by address alone: add basic, bearer or headers")
	}
	if w.authorizations() > 1 {
		list = append(list, "asks for more than one kind of Authorization header, which a sender can rarely give: all that is configured must match")
	}
	if len(a.Flows) == 0 {
		list = append(list, "lists no flow: every journey will be held for a person")
	}
	for _, f := range a.Flows {
		if strings.HasPrefix(f.ID, "your-") {
			list = append(list, "has the example's flow id: take IDWise's from the portal")
		}
		for _, s := range f.Steps {
			if strings.HasPrefix(s.StepID, "your-") {
				list = append(list, "has the example's step id: take IDWise's from the portal")
			}
		}
	}
	if len(a.Endpoints) == 0 {
		list = append(list, "has no endpoint: decisions are kept, and sent to nobody")
	}
	return list
}

// authorizations counts the mechanisms that claim the one Authorization header.
func (w WebhookAuth) authorizations() int {
	n := 0
	if len(w.Basic) > 0 {
		n++
	}
	if len(w.Bearer) > 0 {
		n++
	}
	for _, h := range w.Headers {
		if http.CanonicalHeaderKey(h.Name) == "Authorization" {
			n++
		}
	}
	return n
}
