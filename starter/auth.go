package starter

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"idjourney/access"
	"idjourney/config"
)

// authenticator decides whether a request comes from IDWise. Every configured mechanism must
// match, by any of its live secrets. It reads headers only.
type authenticator struct {
	mechanisms []mechanism
	allow      []netip.Prefix
}

// mechanism is one credential that is asked for.
type mechanism struct {
	name   string // in the configuration
	header string
	live   []access.Digest
}

const authorization = "Authorization"

// newAuthenticator fails closed: no mechanism, an empty secret, and a live account open to all
// senders are errors.
func newAuthenticator(acc config.Account) (*authenticator, error) {
	w := acc.Webhook
	switch {
	case !w.Configured():
		return nil, errors.New("its webhook authentication is not configured; set webhook.basic, bearer, headers or allow_ips")
	case bool(w.None) && acc.Environment != config.Sandbox:
		return nil, errors.New("auth: none is allowed for a sandbox account only")
	case bool(w.None) && (len(w.Basic)+len(w.Bearer)+len(w.Headers)+len(w.AllowIPs) > 0):
		return nil, errors.New("auth: none stands beside a mechanism; remove one of the two")
	}
	a := &authenticator{allow: w.AllowIPs}
	empty := false
	add := func(name, header string, secrets []string) {
		m := mechanism{name: name, header: header}
		for _, secret := range secrets {
			empty = empty || secret == ""
			m.live = append(m.live, access.DigestOf(secret))
		}
		if len(secrets) > 0 {
			a.mechanisms = append(a.mechanisms, m)
		}
	}
	var basic []string
	for _, b := range w.Basic {
		empty = empty || b.User == "" || !b.Password.IsSet()
		basic = append(basic, b.User+":"+b.Password.Reveal()) // a user contains no colon
	}
	add("basic", authorization, basic)
	add("bearer", authorization, reveal(w.Bearer))
	for _, h := range w.Headers {
		empty = empty || h.Name == "" || len(h.Values) == 0
		add("headers", h.Name, reveal(h.Values))
	}
	if empty {
		return nil, errors.New("its webhook authentication holds an empty name or secret; set it or remove it")
	}
	return a, nil
}

func reveal(secrets []config.Secret) []string {
	var all []string
	for _, s := range secrets {
		all = append(all, s.Reveal())
	}
	return all
}

// newStranger returns the authenticator of accounts that do not exist. It compares with
// random secrets, so that it answers like any other, and as fast.
func newStranger() *authenticator {
	return &authenticator{mechanisms: []mechanism{
		{"basic", authorization, []access.Digest{access.DigestOf(rand.Text())}},
		{"bearer", authorization, []access.Digest{access.DigestOf(rand.Text())}},
	}}
}

// refusal says why a request is not let in: the status, and the mechanism that did
// not match, for the log.
type refusal struct {
	status    int
	mechanism string
	wait      time.Duration // of a throttled source
}

// check returns nil if the request is let in. A stranger always gets 401, also for an
// account that does not exist. Only a sender that has proved its credentials learns that
// its address is not allowed; an unknown address never is.
func (a *authenticator) check(h http.Header, client netip.Addr) *refusal {
	for _, m := range a.mechanisms {
		if !m.match(h) {
			return &refusal{status: http.StatusUnauthorized, mechanism: m.name}
		}
	}
	switch {
	case len(a.allow) == 0 || access.Contains(a.allow, client):
		return nil
	case len(a.mechanisms) == 0:
		return &refusal{status: http.StatusUnauthorized, mechanism: "allow_ips"}
	default:
		return &refusal{status: http.StatusForbidden, mechanism: "allow_ips"}
	}
}

// open reports whether any sender may post.
func (a *authenticator) open() bool { return len(a.mechanisms)+len(a.allow) == 0 }

// match compares with every live secret, so that the time it takes reveals nothing about
// which one is close.
func (m mechanism) match(h http.Header) bool {
	match, got := 0, access.DigestOf(m.sent(h))
	for _, want := range m.live {
		match |= want.Matches(got)
	}
	return match == 1
}

// sent returns the secret that the request presents, "" if there is none or it cannot be
// read: no live secret is empty.
func (m mechanism) sent(h http.Header) string {
	lines := h.Values(m.header)
	switch {
	case m.name == "basic":
		decoded, err := base64.StdEncoding.DecodeString(only(lines, "Basic"))
		if err != nil {
			return ""
		}
		return string(decoded)
	case m.name == "bearer":
		return only(lines, "Bearer")
	case len(lines) == 1:
		return lines[0]
	}
	return ""
}

// only returns the one credential of a scheme. Of several none is examined, so that
// one request is one guess; basic and bearer may be asked for together.
func only(lines []string, scheme string) string {
	found := ""
	for _, line := range lines {
		credentials, ok := access.Credentials(line, scheme)
		switch {
		case !ok:
		case found != "":
			return ""
		default:
			found = credentials
		}
	}
	return found
}

// challenges are the values of WWW-Authenticate, which a 401 must carry. They are the
// same for every account, known or not.
var challenges = []string{`Basic realm="idjourney webhooks", charset="UTF-8"`, `Bearer realm="idjourney webhooks"`}

// describe names what is asked for, for readiness.
func (a *authenticator) describe() string {
	var names []string
	for _, m := range a.mechanisms {
		names = append(names, m.name)
	}
	if len(a.allow) > 0 {
		names = append(names, "allow_ips")
	}
	if len(names) == 0 {
		return "none: anybody may post"
	}
	return strings.Join(slices.Compact(names), " and ")
}
