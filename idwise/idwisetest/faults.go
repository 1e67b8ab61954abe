package idwisetest

import (
	"math"
	"slices"
	"time"

	"idjourney/idwise"
)

// Faults is the fault dial. Its times are real times, not scaled. The zero value
// disturbs nothing. Faults of webhooks hold from the next event on.
type Faults struct {
	// Events limits the webhook faults to these event names; empty: all.
	Events []string
	// Duplicate sends each webhook so many times, all with the same eventId.
	Duplicate int
	// Reorder holds a journey's webhooks for so long and then sends what came
	// meanwhile newest first. Duplicates follow later by three such times each, so
	// that an old event's copy arrives after newer events.
	Reorder time.Duration
	// DropFirst loses so many first attempts of each webhook on the way.
	DropFirst int
	// Drop loses every attempt.
	Drop bool
	// Delay is the time before the first attempt.
	Delay time.Duration
	// ExtraField adds fields that the contract lacks, to the webhook and its body.
	ExtraField bool
	// UnknownEvent sends, before each webhook, one of an event nobody knows.
	UnknownEvent bool

	// Operations limits the API faults to these operations; empty: all.
	Operations []idwise.Operation
	// APIStatus is answered in place of the API's answer. Without APICode it comes
	// without the vendor's error envelope, as from a gateway.
	APIStatus int
	APICode   string
	// APIRate is the share of calls that APIStatus hits; 0 means all.
	APIRate float64
	// APISlow is how long each call waits before it is worked on, which it then is
	// even if the caller has gone.
	APISlow time.Duration
	// API429 is how many calls are answered 429, with Retry-After in whole seconds.
	API429     int
	RetryAfter time.Duration // default 1 s
	// APIStale is for how long the API goes on showing what was true before.
	APIStale time.Duration
}

func (f Faults) hitsEvent(event string) bool {
	return len(f.Events) == 0 || slices.Contains(f.Events, event)
}

func (f Faults) hitsOperation(op idwise.Operation) bool {
	return len(f.Operations) == 0 || slices.Contains(f.Operations, op)
}

// setting is a position of the dial with what was counted since it was set.
type setting struct {
	Faults
	refused429 int
	calls      int
}

// dial holds the faults for all journeys and, in their place, those of single ones.
type dial struct {
	all    *setting
	single map[string]*setting
}

func newDial() dial { return dial{all: &setting{}, single: map[string]*setting{}} }

func (d *dial) of(journeyID string) *setting {
	if s, ok := d.single[journeyID]; ok {
		return s
	}
	return d.all
}

// SetFaults sets the dial for all journeys that have no setting of their own.
func (v *Vendor) SetFaults(f Faults) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults.all = &setting{Faults: f}
}

// SetJourneyFaults sets the dial for one journey, in place of the one for all.
func (v *Vendor) SetJourneyFaults(journeyID string, f Faults) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults.single[journeyID] = &setting{Faults: f}
}

// refusal is what the dial answers a call with in place of the API; ok is false if
// the call goes through.
func (s *setting) refusal(op idwise.Operation) (status int, code string, retryAfter time.Duration, ok bool) {
	if !s.hitsOperation(op) {
		return 0, "", 0, false
	}
	if s.refused429 < s.API429 {
		s.refused429++
		return 429, "", max(s.RetryAfter, time.Second), true
	}
	if s.APIStatus == 0 {
		return 0, "", 0, false
	}
	rate := s.APIRate
	if rate <= 0 {
		rate = 1
	}
	before := math.Floor(float64(s.calls) * rate)
	s.calls++
	if math.Floor(float64(s.calls)*rate) == before {
		return 0, "", 0, false
	}
	return s.APIStatus, s.APICode, s.RetryAfter, true
}
