package config

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"
)

// validate fails closed: no mechanism at all is a fault, never an open door.
func (w WebhookAuth) validate(path string, live bool, found *faults) {
	switch {
	case !w.Configured():
		found.add(path, "says nothing about authentication: configure basic, bearer, headers or allow_ips as at IDWise, or write auth: none for a sandbox that anybody may post to")
	case w.None && live:
		found.add(path+".auth", "is none for a live account, where anybody could post: configure basic, bearer, headers or allow_ips")
	case w.None && w.mechanisms() > 0:
		found.add(path+".auth", "is none beside a mechanism: keep one or the other")
	}
	var passwords []Secret
	for _, b := range w.Basic {
		passwords = append(passwords, b.Password)
		if b.User == "" || strings.ContainsFunc(b.User, func(r rune) bool { return r == ':' || unicode.IsControl(r) }) {
			found.add(path+".basic", "needs a user without colons: HTTP Basic ends the user at the first one")
		}
	}
	if len(w.Basic) == 2 && w.Basic[0].User != w.Basic[1].User {
		passwords = nil // another user with the same password is odd, not a mistake in rotation
	}
	if len(w.Basic) > 2 {
		found.add(path+".basic", "lists more than two: keep the current one and, while it is rotated, the next")
	}
	if len(passwords) <= 2 {
		atMostTwo(path+".basic", passwords, found)
	}
	atMostTwo(path+".bearer", w.Bearer, found)
	w.validateHeaders(path+".headers", found)
	notEverybody(found, path+".allow_ips", w.AllowIPs)
	w.validateLengths(path, live, found)
}

// The least lengths of webhook secrets, in bytes. IDWise signs nothing: such a secret
// is all that keeps a forger out.
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
		if n := len(s.secret.Reveal()); n > 0 && n < least {
			found.add(s.path, "has %d characters, and %d is the least: make one by openssl rand -hex 32, and set it at IDWise, too", n, least)
		}
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
		if len(h.Values) == 0 {
			found.add(at+".values", "is missing: name the secret that the header must hold")
		}
		atMostTwo(at+".values", h.Values, found)
	}
}

// isToken reports whether s can be a header's name (RFC 9110, token).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
