// Package access identifies the callers of the listeners, by credentials and address, and
// bounds what each may do.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"slices"
	"strings"
)

// Digest stands for a secret. All digests have one length, so that comparing two in constant
// time does not reveal the length of a secret either.
type Digest [sha256.Size]byte

// DigestOf returns the digest of a secret.
func DigestOf(secret string) Digest { return sha256.Sum256([]byte(secret)) }

// Matches is 1 if the digests are equal and 0 if not.
func (d Digest) Matches(other Digest) int { return subtle.ConstantTimeCompare(d[:], other[:]) }

// Credentials returns what follows the scheme in an Authorization header. The case
// of the scheme does not matter.
func Credentials(line, scheme string) (string, bool) {
	got, rest, ok := strings.Cut(line, " ")
	return strings.TrimSpace(rest), ok && strings.EqualFold(got, scheme)
}

// ClientIP returns the address a request comes from. Each hop appends the address it received
// the request from to X-Forwarded-For. Read from the right, the first entry that is not a
// trusted proxy is therefore the client; everything to its left is the client's own claim. If
// that entry is not an address, the result is invalid and on no allow-list.
func ClientIP(remoteAddr string, forwarded []string, trusted []netip.Prefix) netip.Addr {
	client := parseAddr(remoteAddr)
	if !Contains(trusted, client) {
		return client
	}
	// Several header lines are one list, in order.
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		if hop == "" {
			continue // no header at all, or a stray comma
		}
		if client = parseAddr(hop); !Contains(trusted, client) {
			return client
		}
	}
	return client
}

// parseAddr reads an address with or without a port. IPv4 in IPv6 is IPv4, and a
// zone is dropped, because a prefix never contains an address with one.
func parseAddr(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// Contains reports whether addr is in one of the networks.
func Contains(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}
