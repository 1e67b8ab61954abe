// Package access identifies the callers of the listeners, by credentials and address, and
// bounds what each may do.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"hash/maphash"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// The limits of a Throttle. Thirty guesses a minute try fewer than sixteen million
// secrets in a year.
const (
	throttleGuesses = 30
	throttleWindow  = time.Minute
	throttleSources = 10_000
)

// Throttle bounds how fast one source can guess credentials. After 30 different wrong ones
// within a minute nothing that the source sends is examined until a minute has passed since
// the last of them. Repeating a credential does not count: a client that keeps sending an
// expired token does not lock out its neighbours.
//
// A source can be shared, by a NAT or by a proxy that is missing from intake.trusted_proxies.
// While an attacker there exhausts the throttle, the correct credential is refused as well:
// examining it would mean examining the attacker's. The refusal carries Retry-After, and
// IDWise repeats a webhook after 5, 10 and 15 minutes. Addresses that an account's
// webhook.allow_ips lists are not throttled.
//
// Memory is bounded: beyond 10,000 sources an arbitrary one is forgotten.
type Throttle struct {
	now  func() time.Time
	seed maphash.Seed

	mu      sync.Mutex
	sources map[netip.Prefix]*guesses
	swept   time.Time
}

// guesses are the wrong credentials of one source, as seeded hashes.
type guesses struct {
	hashes []uint64
	last   time.Time
}

// NewThrottle returns a Throttle that has seen no failure; now is its clock,
// time.Now if nil.
func NewThrottle(now func() time.Time) *Throttle {
	if now == nil {
		now = time.Now
	}
	return &Throttle{now: now, seed: maphash.MakeSeed(), sources: map[netip.Prefix]*guesses{}}
}

// Wait returns how long the source must wait until its credentials are examined again.
func (t *Throttle) Wait(source netip.Addr) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.sources[network(source)]
	if g == nil || len(g.hashes) < throttleGuesses {
		return 0
	}
	return max(g.last.Add(throttleWindow).Sub(t.now()), 0)
}

// Failed counts a wrong credential of the source. Credential is everything that was sent as
// one; only its hash is kept. An empty credential is not counted.
func (t *Throttle) Failed(source netip.Addr, credential string) {
	if credential == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now, from := t.now(), network(source)
	g := t.sources[from]
	if g == nil || now.Sub(g.last) >= throttleWindow {
		t.makeRoom(now)
		g = &guesses{}
		t.sources[from] = g
	}
	hash := maphash.String(t.seed, credential)
	if len(g.hashes) < throttleGuesses && !slices.Contains(g.hashes, hash) {
		g.hashes, g.last = append(g.hashes, hash), now
	}
}

// makeRoom drops expired entries, at most once in a window, and one more if there is still
// no room.
func (t *Throttle) makeRoom(now time.Time) {
	if now.Sub(t.swept) >= throttleWindow {
		t.swept = now
		for source, g := range t.sources {
			if now.Sub(g.last) >= throttleWindow {
				delete(t.sources, source)
			}
		}
	}
	for source := range t.sources {
		if len(t.sources) >= throttleSources {
			delete(t.sources, source)
		}
		return
	}
}

// network is what counts as one source: an IPv4 address, or the /64 that one IPv6
// customer usually has to itself. Requests whose address is not known share one.
func network(source netip.Addr) netip.Prefix {
	bits := 64
	if source.Is4() {
		bits = 32
	}
	p, err := source.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Quota counts what is in use under each name. The zero value is ready for use.
type Quota struct {
	mu   sync.Mutex
	used map[string]int64
}

// Take reserves n under the name, unless more than most would then be in use.
func (q *Quota) Take(name string, n, most int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.used[name]+n > most {
		return false
	}
	if q.used == nil {
		q.used = map[string]int64{}
	}
	q.used[name] += n
	return true
}

// GiveBack ends the use of n.
func (q *Quota) GiveBack(name string, n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.used[name] > n {
		q.used[name] -= n
	} else {
		delete(q.used, name)
	}
}

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

// OnlyHosts protects a listener without authentication from web pages. A page can point its
// own name at a loopback address (DNS rebinding) and then read the listener's answers; its
// requests carry that name in Host. OnlyHosts serves loopback names and addresses, the
// address that the client is connected to, and the configured names. All others get 421.
func OnlyHosts(next http.Handler, configured []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hostAllowed(r, configured) {
			http.Error(w, "this listener does not serve that host: add it to listen.admin_hosts if it is yours", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostAllowed(r *http.Request, configured []string) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "localhost" || slices.ContainsFunc(configured, func(c string) bool { return strings.EqualFold(c, host) }) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return addr.IsLoopback() || local != nil && local.AddrPort().Addr().Unmap() == addr.Unmap()
}
