package idwisetest

import (
	"context"
	"fmt"
	"time"
)

// Snapshot is the truth about a journey, for assertions and for people to read.
type Snapshot struct {
	JourneyID string    `json:"journey_id"`
	Account   string    `json:"account"` // the account's API key
	FlowID    string    `json:"flow_id"`
	Reference string    `json:"reference"`
	Script    string    `json:"script"`
	Applicant Applicant `json:"applicant"`
	Phase     Phase     `json:"phase"`

	System     string `json:"system_decision"`
	Manual     string `json:"manual_decision"`
	Final      string `json:"final_decision"`
	AMLVersion int    `json:"aml_version"`

	// CustomStepSubmissions counts the accepted faces and CompleteCalls the accepted requests
	// of complete-custom-step; Completed says that there was one.
	CustomStepSubmissions int  `json:"custom_step_submissions"`
	CompleteCalls         int  `json:"complete_calls"`
	Completed             bool `json:"completed"`
	// ResultCalls counts the requests answered with the journey's result.
	ResultCalls int `json:"result_calls"`

	// Awaits says why the user has to submit steps again: "resubmission", "renewal", or ""
	// for nothing.
	Awaits string `json:"awaits"`
	// SpotChecks are the ids of the journey's spot checks, oldest first.
	SpotChecks []string `json:"spot_checks"`
	// Deleted says that the API no longer knows the journey.
	Deleted bool `json:"deleted"`

	// Truths are all states since the beginning, oldest first.
	Truths []Truth `json:"truths"`
	// Webhooks are all copies of all events sent, in order of creation.
	Webhooks []Webhook `json:"webhooks"`
	// Undelivered counts the webhooks that were given up.
	Undelivered int `json:"undelivered"`
}

// Truth is the state from a moment on.
type Truth struct {
	At         time.Time `json:"at"`
	Phase      Phase     `json:"phase"`
	System     string    `json:"system_decision"`
	Manual     string    `json:"manual_decision"`
	Final      string    `json:"final_decision"`
	AMLVersion int       `json:"aml_version"`
}

// DeliveryState is the progress of a webhook's delivery.
type DeliveryState string

// A webhook is pending until it is answered 200 or given up.
const (
	Pending     DeliveryState = "pending"
	Delivered   DeliveryState = "delivered"
	Undelivered DeliveryState = "undelivered"
)

// Webhook is one copy of one event; Copy is 0 for the first.
type Webhook struct {
	EventID  string        `json:"event_id"`
	Event    string        `json:"event"`
	Copy     int           `json:"copy"`
	State    DeliveryState `json:"state"`
	Attempts []Attempt     `json:"attempts"`
}

// Attempt is one delivery attempt; Status is 0 if no answer came.
type Attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"`
	Error  string    `json:"error,omitempty"`
}

// Journey is the state of a journey; the zero Snapshot if there is none.
func (v *Vendor) Journey(id string) Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s, ok := v.journeys[id]; ok {
		return s.snapshot()
	}
	return Snapshot{}
}

// Journeys is the state of all journeys, in the order of their start.
func (v *Vendor) Journeys() []Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]Snapshot, 0, len(v.order))
	for _, id := range v.order {
		all = append(all, v.journeys[id].snapshot())
	}
	return all
}

// Await waits until wanted accepts a journey's state and returns it. The error is the
// context's, or says that the journey does not exist.
func (v *Vendor) Await(ctx context.Context, id string, wanted func(Snapshot) bool) (Snapshot, error) {
	for {
		v.mu.Lock()
		s, ok := v.journeys[id]
		changed := v.changed
		var snap Snapshot
		if ok {
			snap = s.snapshot()
		}
		v.mu.Unlock()
		if !ok {
			return Snapshot{}, fmt.Errorf("there is no journey %q", id)
		}
		if wanted(snap) {
			return snap, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return snap, fmt.Errorf("waiting for journey %s, which is %s: %w", id, snap.Phase, ctx.Err())
		}
	}
}

// snapshot copies everything that changes. The vendor's lock is held.
func (s *state) snapshot() Snapshot {
	t := s.now()
	snap := Snapshot{
		JourneyID: s.id, Account: s.account.Key, FlowID: s.flow, Reference: s.reference,
		Script: s.script.name, Applicant: s.person, Phase: t.phase,
		System: t.system, Manual: t.manual, Final: t.final(), AMLVersion: t.aml,
		CustomStepSubmissions: s.submissions, CompleteCalls: s.completeCalls, Completed: s.completeCalls > 0, ResultCalls: s.resultCalls,
	}
	snap.Deleted, snap.Awaits = s.deleted, s.pending.kind()
	for _, check := range s.spotChecks {
		snap.SpotChecks = append(snap.SpotChecks, check.id)
	}
	for _, t := range s.truths {
		snap.Truths = append(snap.Truths, Truth{t.at, t.phase, t.system, t.manual, t.final(), t.aml})
	}
	for _, w := range s.webhooks {
		c := *w
		c.Attempts = append([]Attempt(nil), w.Attempts...)
		snap.Webhooks = append(snap.Webhooks, c)
		if c.State == Undelivered {
			snap.Undelivered++
		}
	}
	return snap
}
