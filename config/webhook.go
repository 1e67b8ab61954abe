package config

import (
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"unicode"
)

// WebhookAuth says how an account's webhooks prove themselves, since IDWise signs nothing.
// All mechanisms that are configured must match; within one, any of its secrets.
type WebhookAuth struct {
	None     NoAuth             `yaml:"auth" doc:"Only ever none: anybody who knows the address may post. Refused for a live account and beside any mechanism."`
	Basic    []BasicCredential  `yaml:"basic" doc:"HTTP Basic credentials; two while they are rotated."`
	Bearer   []Secret           `yaml:"bearer" check:"rotated" doc:"Bearer tokens; two while they are rotated."`
	Headers  []HeaderCredential `yaml:"headers" doc:"Custom headers; each one listed must match."`
	AllowIPs []netip.Prefix     `yaml:"allow_ips" check:"networks" doc:"Addresses or networks that webhooks come from. IDWise's support hands out its own."`
}

// NoAuth is "auth: none": every sender may post. Refused for live accounts.
type NoAuth bool

// BasicCredential is one accepted user and password. A password may hold colons,
// a user may not.
type BasicCredential struct {
	User     string `yaml:"user" doc:"User name, without a colon. Required."`
	Password Secret `yaml:"password" doc:"Password. Required."`
}

// HeaderCredential is one header that must be sent with one of the values.
type HeaderCredential struct {
	Name   string   `yaml:"name" doc:"Header's name. Required."`
	Values []Secret `yaml:"values" check:"rotated" doc:"The value, or two while they are rotated. Required."`
}

// Configured reports whether anything is configured, "auth: none" included.
func (w WebhookAuth) Configured() bool { return bool(w.None) || w.mechanisms() > 0 }

func (w WebhookAuth) mechanisms() int {
	n := 0
	for _, configured := range []bool{len(w.Basic) > 0, len(w.Bearer) > 0, len(w.Headers) > 0, len(w.AllowIPs) > 0} {
		if configured {
			n++
		}
	}
	return n
}

// validate fails closed: no mechanism at all is a fault, never an open door.
func (w WebhookAuth) validate(path string, live bool, found *faults) {
	switch {
	case !w.Configured():
		found.add(path, "says nothing about authentication: configure basic, bearer, headers or allow_ips as at IDWise, or write auth: none for a sandbox that anybody may post to")
	case bool(w.None) && live:
		found.add(path+".auth", "is none for a live account, where anybody could post: configure basic, bearer, headers or allow_ips")
	case bool(w.None) && w.mechanisms() > 0:
		found.add(path+".auth", "is none beside a mechanism: keep one or the other")
	}
	w.validateBasic(path+".basic", found)
	w.validateHeaders(path+".headers", found)
	w.validateLengths(path, live, found)
}

func (w WebhookAuth) validateBasic(path string, found *faults) {
	var passwords []Secret
	for _, b := range w.Basic {
		passwords = append(passwords, b.Password)
		found.addIf(b.User == "" || strings.ContainsFunc(b.User, func(r rune) bool { return r == ':' || unicode.IsControl(r) }),
			path, "needs a user without colons: HTTP Basic ends the user at the first one")
	}
	if len(w.Basic) == 2 && w.Basic[0].User != w.Basic[1].User {
		return // another user with the same password is odd, not a mistake in rotation
	}
	atMostTwo(found, path, passwords)
}

// atMostTwo is the rule of rotation: the old secret and the new one.
func atMostTwo(found *faults, path string, secrets []Secret) {
	found.addIf(len(secrets) > 2, path, "lists more than two: keep the current one and, while it is rotated, the next")
	found.addIf(len(secrets) == 2 && secrets[0].IsSet() && secrets[0].Reveal() == secrets[1].Reveal(),
		path, "lists the same secret twice: rotation needs a new one")
}

// The least lengths of webhook secrets, in bytes.
const (
	minLiveSecret    = 16
	minSandboxSecret = 8
)

func (w WebhookAuth) validateLengths(path string, live bool, found *faults) {
	least := minSandboxSecret
	if live {
		least = minLiveSecret
	}
	for _, s := range secretsIn(path, reflect.ValueOf(&w).Elem()) {
		n := len(s.secret.Reveal())
		found.addIf(n > 0 && n < least, s.path,
			"has %d characters, and %d is the least: make one by openssl rand -hex 32, and set it at IDWise, too", n, least)
	}
}

func (w WebhookAuth) validateHeaders(path string, found *faults) {
	names := map[string]bool{}
	for _, h := range w.Headers {
		at := path + "[" + h.Name + "]"
		name := http.CanonicalHeaderKey(h.Name)
		switch {
		case !isToken(h.Name):
			found.add(at, "has no usable name: write the header's name, for example X-Webhook-Key")
		case name == "Host" || name == "Content-Length" || name == "Transfer-Encoding":
			found.add(at, "is a header of HTTP itself: use one of your own, for example X-Webhook-Key")
		case names[name]:
			found.add(at, "is there twice: list the header once, with both values")
		}
		names[name] = true
		found.addIf(len(h.Values) == 0, at+".values", "is missing: name the secret that the header must hold")
	}
}

// isToken reports whether s can be a header's name (RFC 9110, token).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
