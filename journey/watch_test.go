package journey_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

var (
	referred = journey.Verdict{Ended: true, System: journey.Refer, Final: journey.Refer}
	approved = journey.Verdict{Ended: true, System: journey.Refer, Manual: journey.Approved, Final: journey.Approved}
	again    = journey.Verdict{Ended: true, System: journey.Refer, Manual: "Resubmission Required", Final: "Resubmission Required"}
)

// told plays events, each followed by a look that shows a verdict, and returns the
// effects of the last step.
func told(t *testing.T, verdicts ...journey.Verdict) (s journey.State, last []journey.Effect) {
	t.Helper()
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	s = journey.Open(journey.Start{Account: "acme", JourneyID: "j", Rules: journey.Rules}, now)
	for _, v := range verdicts {
		now = now.Add(time.Hour)
		for _, in := range []journey.Input{
			{Event: &journey.Event{Type: journey.UpdatedJourney, Account: "acme", JourneyID: "j"}}, {Tick: true},
			{Fetched: &journey.FetchAnswer{Verdict: &v, Policy: journey.Policy{Version: "1", Flow: "f", Endpoints: []string{"core"}}}},
		} {
			s, last = journey.Apply(s, in, now)
		}
	}
	return s, last
}

// The ledger counts a journey that waits as long as nothing else is said of it.
func TestTheLedgerShowsThatAWaitHasEnded(t *testing.T) {
	t.Parallel()
	s, effects := told(t, referred, approved, again, approved)
	if s.Phase != journey.Settled || len(effects) != 1 || effects[0].Publish == nil {
		t.Fatalf("in phase %s with %d effects, want settled with one message", s.Phase, len(effects))
	}
	got := *effects[0].Publish
	if got.Message.ID == "" {
		t.Error("the message has no id")
	}
	want := journey.PublishInput{Message: journey.Message{
		ID: got.Message.ID, Account: "acme", JourneyID: "j", Phase: journey.Settled, At: s.Since,
	}, Snapshot: &journey.Snapshot{At: s.Since.Add(time.Nanosecond), Phase: journey.Settled, Since: s.Since, Flow: "f"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the message (-want +got):\n%s", diff)
	}

	// A decision says it, and nobody else does.
	_, effects = told(t, referred, approved)
	if len(effects) != 1 || effects[0].Publish.Message.Decision == nil {
		t.Errorf("a review that ends with a decision has %d effects, want the decision alone", len(effects))
	}
}

// All that follows from a look names the webhooks that the look followed.
func TestEffectsNameTheirWebhooks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	s := journey.Open(journey.Start{Account: "acme", JourneyID: "j", Rules: journey.Rules}, now)
	step := func(in journey.Input) []journey.Effect {
		t.Helper()
		var effects []journey.Effect
		s, effects = journey.Apply(s, in, now)
		return effects
	}
	event := func(trace string) {
		t.Helper()
		step(journey.Input{Event: &journey.Event{Type: journey.UpdatedJourney, Account: "acme", JourneyID: "j", TraceParent: trace}})
	}
	wantLinks := func(what string, got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is linked to (-want +got):\n%s", what, diff)
		}
	}
	fetched := func(v journey.Verdict) []journey.Effect {
		t.Helper()
		return step(journey.Input{Fetched: &journey.FetchAnswer{Verdict: &v, Policy: journey.Policy{
			Version: "1", Flow: "f", Endpoints: []string{"core"}, HasCustomStep: true, ReviewLook: journey.Duration(time.Hour),
		}}})
	}
	event("first")
	event("second")
	fetch := step(journey.Input{Tick: true})
	wantLinks("the fetch", fetch[0].Fetch.Links, "first", "second")
	event("third") // while the vendor is asked: it is not what this answer follows
	complete := fetched(journey.Verdict{System: journey.Incomplete, Documents: 1})
	if len(complete) != 0 {
		wantLinks("Complete Custom Step", complete[0].Complete.Links, "first", "second")
	}
	wantLinks("the second fetch", step(journey.Input{Tick: true})[0].Fetch.Links, "third")
	for _, e := range fetched(referred) {
		wantLinks("the review", e.Publish.Links, "third")
	}
	now = now.Add(2 * time.Hour) // the journey looks by itself
	wantLinks("a look of its own accord", step(journey.Input{Tick: true})[0].Fetch.Links, "third")
}
