package access

import (
	"net/netip"
	"testing"
)

func TestClientIP(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	cases := []struct {
		name, remote string
		forwarded    []string
		trusted      []netip.Prefix
		want         string
	}{
		{"direct", "198.51.100.1:4711", nil, nil, "198.51.100.1"},
		{"direct, header ignored", "198.51.100.1:4711", []string{"203.0.113.9"}, trusted, "198.51.100.1"},
		{"no trusted proxy", "10.0.0.1:1", []string{"203.0.113.9"}, nil, "10.0.0.1"},
		{"behind a proxy", "10.0.0.1:1", []string{"203.0.113.9"}, trusted, "203.0.113.9"},
		{"behind a chain", "10.0.0.1:1", []string{"203.0.113.9, 10.0.0.3 ,10.0.0.2"}, trusted, "203.0.113.9"},
		{"forged on the left", "10.0.0.1:1", []string{"10.9.9.9, 203.0.113.9, 198.51.100.1, 10.0.0.2"}, trusted, "198.51.100.1"},
		{"lines are one list", "10.0.0.1:1", []string{"203.0.113.9", "198.51.100.1"}, trusted, "198.51.100.1"},
		{"all trusted", "10.0.0.1:1", []string{"10.0.0.5, 10.0.0.2"}, trusted, "10.0.0.5"},
		{"no header", "10.0.0.1:1", nil, trusted, "10.0.0.1"},
		{"stray comma", "10.0.0.1:1", []string{"203.0.113.9, ,"}, trusted, "203.0.113.9"},
		{"no address", "10.0.0.1:1", []string{"203.0.113.9, unknown"}, trusted, "invalid IP"},
		{"with a port", "10.0.0.1:1", []string{"203.0.113.9:99"}, trusted, "203.0.113.9"},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::7"}, trusted, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:1", []string{"[2001:db8::7]:99"}, trusted, "2001:db8::7"},
		{"IPv6 with a zone", "[fe80::1%eth0]:1", nil, trusted, "fe80::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, trusted, "203.0.113.9"},
		{"no remote address", "@", []string{"203.0.113.9"}, trusted, "invalid IP"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := ClientIP(c.remote, c.forwarded, c.trusted)
			if got.String() != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnUnknownAddressIsOnNoList(t *testing.T) {
	t.Parallel()
	everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	if Contains(everything, netip.Addr{}) {
		t.Error("an unknown address counts as allowed")
	}
}
