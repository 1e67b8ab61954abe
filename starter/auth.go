package starter

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"idjourney/config"
)

const realm = `realm="idjourney webhooks"`

// digest stands for a secret: all digests have one length, so that comparing two
// in constant time tells nothing about the secret, its length included.
type digest [sha256.Size]byte

func digestOf(secret string) digest { return sha256.Sum256([]byte(secret)) }

// matches is 1 if the digests are equal and 0 if not.
func (d digest) matches(other digest) int { return subtle.ConstantTimeCompare(d[:], other[:]) }

// authenticator decides whether a request comes from IDWise. Every configured
// mechanism must match; within one, any of its live secrets. It reads headers only.
type authenticator struct {
	basic   []basicDigest
	bearer  []digest
	headers []headerDigest
	allow   []netip.Prefix
}

type basicDigest struct{ user, password digest }

type headerDigest struct {
	name   string
	values []digest
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
		a.basic = append(a.basic, basicDigest{digestOf(b.User), digestOf(b.Password.Reveal())})
	}
	for _, token := range w.Bearer {
		empty = empty || !token.IsSet()
		a.bearer = append(a.bearer, digestOf(token.Reveal()))
	}
	for _, h := range w.Headers {
		empty = empty || h.Name == "" || len(h.Values) == 0
		hd := headerDigest{name: h.Name}
		for _, value := range h.Values {
			empty = empty || !value.IsSet()
			hd.values = append(hd.values, digestOf(value.Reveal()))
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
	if len(a.allow) > 0 && !contains(a.allow, client) {
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
		encoded, ok := credentials(line, "Basic")
		if !ok {
			continue
		}
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		user, password, colon := strings.Cut(string(decoded), ":")
		if err != nil || !colon {
			continue
		}
		gotUser, gotPassword := digestOf(user), digestOf(password)
		for _, want := range a.basic {
			match |= want.user.matches(gotUser) & want.password.matches(gotPassword)
		}
	}
	return match == 1
}

func (a *authenticator) hasBearer(authorization []string) bool {
	match := 0
	for _, line := range authorization {
		if token, ok := credentials(line, "Bearer"); ok {
			got := digestOf(token)
			for _, want := range a.bearer {
				match |= want.matches(got)
			}
		}
	}
	return match == 1
}

func (hd headerDigest) in(h http.Header) bool {
	match := 0
	for _, value := range h.Values(hd.name) {
		got := digestOf(value)
		for _, want := range hd.values {
			match |= want.matches(got)
		}
	}
	return match == 1
}

// credentials returns what follows the scheme, whose case does not matter.
func credentials(line, scheme string) (string, bool) {
	got, rest, ok := strings.Cut(line, " ")
	return strings.TrimSpace(rest), ok && strings.EqualFold(got, scheme)
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
