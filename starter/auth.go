package starter

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"idjourney/access"
	"idjourney/config"
)

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

// newAuthenticator fails closed: no mechanism, an empty secret, and a live account that
// anybody may post to are errors.
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
	wait      time.Duration // of a throttled source
}

// check returns nil if the request is let in. A stranger always gets 401, which also
// answers for an account that does not exist. Only a sender that has proved its
// credentials learns that its address is not allowed; an unknown address never is.
func (a *authenticator) check(h http.Header, client netip.Addr) *refusal {
	if mechanism := a.mismatch(h); mechanism != "" {
		return &refusal{status: http.StatusUnauthorized, mechanism: mechanism}
	}
	if len(a.allow) == 0 || access.Contains(a.allow, client) {
		return nil
	}
	if !a.asksForCredentials() {
		return &refusal{status: http.StatusUnauthorized, mechanism: "allow_ips"}
	}
	return &refusal{status: http.StatusForbidden, mechanism: "allow_ips"}
}

func (a *authenticator) asksForCredentials() bool {
	return len(a.basic)+len(a.bearer)+len(a.headers) > 0
}

// open says that anybody may post.
func (a *authenticator) open() bool { return !a.asksForCredentials() && len(a.allow) == 0 }

// mismatch names the first mechanism whose credential is missing or wrong, "" if all
// match.
func (a *authenticator) mismatch(h http.Header) string {
	authorization := h.Values("Authorization")
	if len(a.basic) > 0 && !a.hasBasic(authorization) {
		return "basic"
	}
	if len(a.bearer) > 0 && !a.hasBearer(authorization) {
		return "bearer"
	}
	for _, header := range a.headers {
		if !header.in(h) {
			return "header"
		}
	}
	return ""
}

// hasBasic cuts at the first colon: only the user cannot contain one.
func (a *authenticator) hasBasic(authorization []string) bool {
	decoded, err := base64.StdEncoding.DecodeString(only(authorization, "Basic"))
	user, password, colon := strings.Cut(string(decoded), ":")
	if err != nil || !colon {
		return false
	}
	match := 0
	gotUser, gotPassword := access.DigestOf(user), access.DigestOf(password)
	for _, want := range a.basic {
		match |= want.user.Matches(gotUser) & want.password.Matches(gotPassword)
	}
	return match == 1
}

func (a *authenticator) hasBearer(authorization []string) bool {
	token := only(authorization, "Bearer")
	return token != "" && matchesAny(a.bearer, token)
}

// only returns the one credential of a scheme. Of several none is examined, so that
// one request is one guess; basic and bearer may be asked for together.
func only(authorization []string, scheme string) string {
	found := ""
	for _, line := range authorization {
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

func (hd headerDigest) in(h http.Header) bool {
	values := h.Values(hd.name)
	return len(values) == 1 && matchesAny(hd.values, values[0])
}

// matchesAny compares with every live secret, so that the time it takes says nothing
// about which one is near.
func matchesAny(live []access.Digest, secret string) bool {
	match, got := 0, access.DigestOf(secret)
	for _, want := range live {
		match |= want.Matches(got)
	}
	return match == 1
}

// challenges are the values of WWW-Authenticate, which a 401 must carry. They are the
// same for every account, known or not.
var challenges = []string{`Basic realm="idjourney webhooks", charset="UTF-8"`, `Bearer realm="idjourney webhooks"`}

// newStranger returns the authenticator of accounts that do not exist. It compares
// with secrets that nobody knows, so that it answers like any other, as fast.
func newStranger() *authenticator {
	return &authenticator{
		basic:  []basicDigest{{access.DigestOf(rand.Text()), access.DigestOf(rand.Text())}},
		bearer: []access.Digest{access.DigestOf(rand.Text())},
	}
}

// mechanisms names what is asked for, for readiness.
func (a *authenticator) mechanisms() string {
	var names []string
	for _, m := range []struct {
		name string
		n    int
	}{{"basic", len(a.basic)}, {"bearer", len(a.bearer)}, {"headers", len(a.headers)}, {"allow_ips", len(a.allow)}} {
		if m.n > 0 {
			names = append(names, m.name)
		}
	}
	if len(names) == 0 {
		return "none: anybody may post"
	}
	return strings.Join(names, " and ")
}
