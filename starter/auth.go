package starter

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"idjourney/access"
	"idjourney/config"
)

const realm = `realm="idjourney webhooks"`

// authenticator decides whether a request comes from IDWise. Every configured
// mechanism must match; within one, any of its live secrets. It reads headers only.
type authenticator struct {
	basic   []basicDigest
	bearer  []access.Digest
	headers []headerDigest
	allow   []netip.Prefix
}

type basicDigest struct{ user, password access.Digest }

type headerDigest struct {
	name   string
	values []access.Digest
}

// newAuthenticator fails closed: what does not ask for proof, asks for a proof that
// is empty, or lets everybody into a live account is an error.
func newAuthenticator(acc config.Account) (*authenticator, error) {
	w := acc.Webhook
	switch {
	case !w.Configured():
		return nil, errors.New("its webhook authentication is not configured; set webhook.basic, bearer, headers or allow_ips")
	case w.None && acc.Environment != config.Sandbox:
		return nil, errors.New("auth: none is allowed for a sandbox account only")
	case w.None && (len(w.Basic)+len(w.Bearer)+len(w.Headers)+len(w.AllowIPs) > 0):
		return nil, errors.New("auth: none stands beside a mechanism; remove one of the two")
	}
	a := &authenticator{allow: w.AllowIPs}
	empty := false
	for _, b := range w.Basic {
		empty = empty || b.User == "" || !b.Password.IsSet()
		a.basic = append(a.basic, basicDigest{access.DigestOf(b.User), access.DigestOf(b.Password.Reveal())})
	}
	for _, token := range w.Bearer {
		empty = empty || !token.IsSet()
		a.bearer = append(a.bearer, access.DigestOf(token.Reveal()))
	}
	for _, h := range w.Headers {
		empty = empty || h.Name == "" || len(h.Values) == 0
		hd := headerDigest{name: h.Name}
		for _, value := range h.Values {
			empty = empty || !value.IsSet()
			hd.values = append(hd.values, access.DigestOf(value.Reveal()))
		}
		a.headers = append(a.headers, hd)
	}
	if empty {
		return nil, errors.New("its webhook authentication holds an empty name or secret; set it or remove it")
	}
	return a, nil
}

// refusal says why a request is not let in: the status, and the mechanism that did
// not match, for the log.
type refusal struct {
	status    int
	mechanism string
}

// check returns nil if the request is let in. An address that is not known is not
// an allowed one.
func (a *authenticator) check(h http.Header, client netip.Addr) *refusal {
	if len(a.allow) > 0 && !access.Contains(a.allow, client) {
		return &refusal{http.StatusForbidden, "allow_ips"}
	}
	authorization := h.Values("Authorization")
	if len(a.basic) > 0 && !a.hasBasic(authorization) {
		return &refusal{http.StatusUnauthorized, "basic"}
	}
	if len(a.bearer) > 0 && !a.hasBearer(authorization) {
		return &refusal{http.StatusUnauthorized, "bearer"}
	}
	for _, header := range a.headers {
		if !header.in(h) {
			return &refusal{http.StatusUnauthorized, "header"}
		}
	}
	return nil
}

// hasBasic looks at every Authorization line: basic and bearer may be asked for
// together. Only the first colon parts user and password.
func (a *authenticator) hasBasic(authorization []string) bool {
	match := 0
	for _, line := range authorization {
		encoded, ok := access.Credentials(line, "Basic")
		if !ok {
			continue
		}
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		user, password, colon := strings.Cut(string(decoded), ":")
		if err != nil || !colon {
			continue
		}
		gotUser, gotPassword := access.DigestOf(user), access.DigestOf(password)
		for _, want := range a.basic {
			match |= want.user.Matches(gotUser) & want.password.Matches(gotPassword)
		}
	}
	return match == 1
}

func (a *authenticator) hasBearer(authorization []string) bool {
	match := 0
	for _, line := range authorization {
		if token, ok := access.Credentials(line, "Bearer"); ok {
			got := access.DigestOf(token)
			for _, want := range a.bearer {
				match |= want.Matches(got)
			}
		}
	}
	return match == 1
}

func (hd headerDigest) in(h http.Header) bool {
	match := 0
	for _, value := range h.Values(hd.name) {
		got := access.DigestOf(value)
		for _, want := range hd.values {
			match |= want.Matches(got)
		}
	}
	return match == 1
}

// challenges are the values of WWW-Authenticate, which a 401 must carry.
func (a *authenticator) challenges() []string {
	var all []string
	if len(a.basic) > 0 {
		all = append(all, "Basic "+realm+`, charset="UTF-8"`)
	}
	if len(a.bearer) > 0 {
		all = append(all, "Bearer "+realm)
	}
	if len(all) == 0 {
		all = append(all, "Header "+realm)
	}
	return all
}

// mechanisms names what is asked for, for readiness.
func (a *authenticator) mechanisms() string {
	var names []string
	if len(a.basic) > 0 {
		names = append(names, "basic")
	}
	if len(a.bearer) > 0 {
		names = append(names, "bearer")
	}
	if len(a.headers) > 0 {
		names = append(names, "headers")
	}
	if len(a.allow) > 0 {
		names = append(names, "allow_ips")
	}
	if len(names) == 0 {
		return "none: anybody may post"
	}
	return strings.Join(names, " and ")
}
