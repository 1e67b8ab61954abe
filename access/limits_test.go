package access

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// clock is a settable time source.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newTestThrottle() (*Throttle, *clock) {
	c := &clock{time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
	return NewThrottle(c.now), c
}

func guess(t *Throttle, source netip.Addr, n int) {
	for i := range n {
		t.Failed(source, fmt.Sprintf("guess %d", i))
	}
}

var attacker = netip.MustParseAddr("198.51.100.1")

func TestGuessesOfOneSourceAreThrottled(t *testing.T) {
	t.Parallel()
	throttle, clock := newTestThrottle()
	guess(throttle, attacker, throttleGuesses-1)
	if wait := throttle.Wait(attacker); wait != 0 {
		t.Fatalf("one guess before the limit: got a wait of %v, want none", wait)
	}
	clock.at = clock.at.Add(throttleWindow / 2) // a guess every half minute stays in the window
	throttle.Failed(attacker, "the last guess")
	if wait := throttle.Wait(attacker); wait != throttleWindow {
		t.Errorf("at the limit: got a wait of %v, want %v", wait, throttleWindow)
	}
	if wait := throttle.Wait(netip.MustParseAddr("198.51.100.2")); wait != 0 {
		t.Errorf("another source: got a wait of %v, want none", wait)
	}
	clock.at = clock.at.Add(throttleWindow - time.Second)
	throttle.Failed(attacker, "while it has to wait")
	if wait := throttle.Wait(attacker); wait != time.Second {
		t.Errorf("nearly over: got a wait of %v, want 1s, because an unexamined credential does not count", wait)
	}
	clock.at = clock.at.Add(time.Second)
	if wait := throttle.Wait(attacker); wait != 0 {
		t.Errorf("afterwards: got a wait of %v, want none", wait)
	}
	throttle.Failed(attacker, "a new window")
	if wait := throttle.Wait(attacker); wait != 0 {
		t.Errorf("first guess of the next window: got a wait of %v, want none", wait)
	}
}

func TestOneWrongCredentialCountsOnce(t *testing.T) {
	t.Parallel()
	throttle, _ := newTestThrottle()
	for range 10 * throttleGuesses {
		throttle.Failed(attacker, "an expired token")
		throttle.Failed(attacker, "") // no credential at all
	}
	if wait := throttle.Wait(attacker); wait != 0 {
		t.Errorf("got a wait of %v for one stale credential, want none", wait)
	}
}

func TestASourceIsAnIPv4AddressOrAnIPv6Network(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		guesses, asks string
		throttled     bool
	}{
		{"198.51.100.1", "198.51.100.1", true},
		{"198.51.100.1", "198.51.100.9", false},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
	} {
		throttle, _ := newTestThrottle()
		guess(throttle, netip.MustParseAddr(c.guesses), throttleGuesses)
		if got := throttle.Wait(netip.MustParseAddr(c.asks)) > 0; got != c.throttled {
			t.Errorf("guesses of %s: %s throttled %v, want %v", c.guesses, c.asks, got, c.throttled)
		}
	}
	throttle, _ := newTestThrottle()
	guess(throttle, netip.Addr{}, throttleGuesses)
	if throttle.Wait(netip.Addr{}) == 0 {
		t.Error("requests without a known address are not throttled")
	}
}

func TestTheMemoryOfAThrottleIsBounded(t *testing.T) {
	t.Parallel()
	throttle, clock := newTestThrottle()
	for i := range throttleSources + 1000 {
		throttle.Failed(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), "x")
	}
	if n := len(throttle.sources); n > throttleSources {
		t.Errorf("got %d sources in memory, want at most %d", n, throttleSources)
	}
	clock.at = clock.at.Add(throttleWindow)
	throttle.Failed(attacker, "x")
	if n := len(throttle.sources); n != 1 {
		t.Errorf("a window later: got %d sources in memory, want the new one", n)
	}
}
