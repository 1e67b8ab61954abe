package access

import (
	"net/netip"
	"slices"
	"strings"
)

// ClientIP returns the address a request comes from. X-Forwarded-For is trusted only as far
// as trusted proxies have written it. From the right, each entry was added by the hop before
// it, so the first entry that is not a trusted proxy is the client; everything to its left
// is the client's own claim. If that entry is not an address, the result is invalid and
// therefore on no allow-list.
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
