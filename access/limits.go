package access

import (
	"hash/maphash"
	"net/netip"
	"slices"
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
