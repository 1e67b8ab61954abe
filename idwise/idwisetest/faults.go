package idwisetest

import (
	"math"
	"slices"
	"time"

	"idjourney/idwise"
)

// Faults is the fault dial. Its times are real times, not scaled. The zero value disturbs
// nothing. Webhook faults apply from the next event on.
type Faults struct {
	// Events limits the webhook faults to these event names; empty: all.
	Events []string
	// Duplicate sends each webhook this many times, all with the same eventId.
	Duplicate int
	// Reorder delays a journey's webhooks for this long and then sends those of that time
	// newest first. Duplicates follow at intervals of three times as long, so that an old
	// event's copy arrives after newer events.
	Reorder time.Duration
	// DropFirst drops this many first attempts of each webhook.
	DropFirst int
	// Drop drops every attempt.
	Drop bool
	// Delay is the time before the first attempt.
	Delay time.Duration
	// ExtraField adds fields outside the contract to the webhook and its body.
	ExtraField bool
	// UnknownEvent sends an unknown event before each webhook.
	UnknownEvent bool

	// Operations limits the API faults to these operations; empty: all.
	Operations []idwise.Operation
	// APIStatus replaces the API's answer. Without APICode it comes without the vendor's
	// error envelope, as from a gateway.
	APIStatus int
	APICode   string
	// APIRate is the share of requests that get APIStatus; 0 means all.
	APIRate float64
	// APISlow is how long each request waits before it is processed, even if the caller has
	// disconnected.
	APISlow time.Duration
	// API429 is how many requests get 429, with Retry-After in whole seconds.
	API429     int
	RetryAfter time.Duration // default 1 s
	// APIStale is how long the API still shows the previous truth after a change.
	APIStale time.Duration
}

func (f Faults) hitsEvent(event string) bool {
	return len(f.Events) == 0 || slices.Contains(f.Events, event)
}

func (f Faults) hitsOperation(op idwise.Operation) bool {
	return len(f.Operations) == 0 || slices.Contains(f.Operations, op)
}

// setting is a position of the dial with the counts since it was set.
type setting struct {
	Faults
	refused429 int
	calls      int
}

// dial holds the faults for all journeys and those that replace them for single ones.
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

// SetFaults sets the dial for all journeys without a setting of their own.
func (v *Vendor) SetFaults(f Faults) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults.all = &setting{Faults: f}
}

// SetJourneyFaults sets the dial for one journey, replacing the general setting.
func (v *Vendor) SetJourneyFaults(journeyID string, f Faults) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults.single[journeyID] = &setting{Faults: f}
}

// refusal is the dial's answer in place of the API's; ok is false if the request goes
// through.
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
