package journey_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

const spotAccount, spotID = "acme", "spot-1"

var spotPolicy = journey.Policy{
	Version: "p1", Endpoints: []string{"core", "crm"},
	AskAgain:     []journey.Duration{journey.Duration(time.Minute), journey.Duration(time.Hour)},
	UnknownAfter: journey.Duration(2 * time.Hour), SpotCheckFailed: journey.SpotCheckMeansReview,
}

// spot plays one spot check: answer is what the fetches answer, changed as time goes.
type spot struct {
	t       *testing.T
	state   journey.SpotState
	now     time.Time
	answer  func(journey.SpotFetchInput, time.Time) journey.SpotAnswer
	fetches int
	told    []journey.Message
	handed  []journey.Event
}

func openSpot(t *testing.T, answer func(journey.SpotFetchInput, time.Time) journey.SpotAnswer) *spot {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	return &spot{t: t, now: now, answer: answer, state: journey.OpenSpot(journey.Start{
		Account: spotAccount, SpotID: spotID, Rules: journey.SpotRules,
	}, now)}
}

// shows is a world in which the API shows the result, and the ledger these candidates.
func shows(system string, candidates ...string) func(journey.SpotFetchInput, time.Time) journey.SpotAnswer {
	return func(in journey.SpotFetchInput, _ time.Time) journey.SpotAnswer {
		if in.Link != "" {
			return journey.SpotAnswer{Policy: spotPolicy, Linked: in.Link == "j-linked"}
		}
		return journey.SpotAnswer{Policy: spotPolicy, Result: &journey.SpotResult{System: system}, Candidates: candidates}
	}
}

func (p *spot) tell(inputs ...journey.Input) {
	for _, in := range append(inputs, journey.Input{Tick: true}) {
		var effects []journey.Effect
		p.state, effects = journey.SpotApply(p.state, in, p.now)
		for _, e := range effects {
			p.run(e)
		}
	}
}

func (p *spot) run(e journey.Effect) {
	switch e.Kind {
	case journey.EffectFetchSpotCheck:
		p.fetches++
		a := p.answer(*e.SpotFetch, p.now)
		p.tell(journey.Input{SpotFetched: &a})
	case journey.EffectPublish:
		if e.Publish.Endpoint != "crm" { // each endpoint is told the same
			p.told = append(p.told, e.Publish.Message)
		}
	case journey.EffectHandOver:
		p.handed = append(p.handed, e.HandOver.Event)
	}
}

func spotEvent(id string) journey.Input {
	return journey.Input{Event: &journey.Event{
		EventID: id, Type: journey.FinishedSpotCheck, Account: spotAccount, Hint: journey.Hint{System: "Complete", SpotCheck: spotID},
	}}
}

// wait lets time pass, deadline by deadline.
func (p *spot) wait(d time.Duration) {
	end := p.now.Add(d)
	for {
		at := p.state.Deadline()
		if at.IsZero() || at.After(end) {
			p.now = end
			return
		}
		p.now = at
		p.tell()
	}
}

// outcome is "outcome journey bound-by" as decided, and the messages told.
func (p *spot) outcome() string {
	d := p.state.Decision
	if d == nil {
		return ""
	}
	return strings.TrimSpace(strings.Join([]string{string(d.Outcome), d.JourneyID, d.BoundBy, strings.Join(d.Reasons, ",")}, " "))
}

func TestASpotCheckIsJudgedByTheAPIAlone(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]string{
		"Complete":   "passed j1 reference",
		"Refer":      "failed j1 reference refer",
		"Incomplete": "", // not finished, whatever the webhook says
		"":           "",
		"Excellent":  "on_hold j1 reference unknown_value",
		"Approved":   "on_hold j1 reference unknown_value", // a word for journeys
	} {
		p := openSpot(t, shows(system, "j1"))
		p.tell(spotEvent("e1"))
		if got := p.outcome(); got != want {
			t.Errorf("%q: decided %q, want %q", system, got, want)
		}
		if got, want := len(p.handed), boolToInt(want != "" && system != "Complete"); got != want {
			t.Errorf("%q: handed over %d times, want %d", system, got, want)
		}
		if got, want := p.state.Closed(), want != ""; got != want {
			t.Errorf("%q: closed is %v, want %v", system, got, want)
		}
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestAFailedRuleFailsWhateverTheDecisionSays(t *testing.T) {
	t.Parallel()
	p := openSpot(t, func(journey.SpotFetchInput, time.Time) journey.SpotAnswer {
		return journey.SpotAnswer{Policy: spotPolicy, Candidates: []string{"j1"}, Result: &journey.SpotResult{
			System: "Complete", FailedRules: []string{"same_subject"},
		}}
	})
	p.tell(spotEvent("e1"))
	if got, want := p.outcome(), "failed j1 reference same_subject"; got != want {
		t.Errorf("decided %q, want %q", got, want)
	}
	want := []journey.Event{{
		EventID: p.handed[0].EventID, Type: journey.SpotCheckFailed, Account: spotAccount, JourneyID: "j1",
		Hint: journey.Hint{SpotCheck: spotID}, ReceivedAt: p.now,
	}}
	if diff := cmp.Diff(want, p.handed); diff != "" || p.handed[0].EventID == "" {
		t.Errorf("handed over (-want +got):\n%s", diff)
	}
}

func TestAPolicyMayOnlyPublishAFailedSpotCheck(t *testing.T) {
	t.Parallel()
	p := openSpot(t, func(journey.SpotFetchInput, time.Time) journey.SpotAnswer {
		policy := spotPolicy
		policy.SpotCheckFailed = journey.SpotCheckMeansTell
		return journey.SpotAnswer{Policy: policy, Candidates: []string{"j1"}, Result: &journey.SpotResult{System: "Refer"}}
	})
	p.tell(spotEvent("e1"))
	if len(p.handed) != 0 || len(p.told) != 1 {
		t.Errorf("handed over %d, told %d; want 0 and 1", len(p.handed), len(p.told))
	}
}

// A forged event under another's id does not keep the real one out.
func TestASpotCheckTakesAnotherHintUnderAKnownID(t *testing.T) {
	t.Parallel()
	p := openSpot(t, shows(journey.Incomplete, "j1"))
	forged := spotEvent("e1")
	forged.Event.Hint.System = "Refer"
	p.tell(forged)
	elsewhere := spotEvent("e1")
	elsewhere.Event.JourneyID = "j-forged"
	p.tell(elsewhere)
	p.tell(spotEvent("e1"), spotEvent("e1"))
	if p.fetches != 3 || p.state.Counts.Duplicates != 1 {
		t.Errorf("%d fetches, %d duplicates; want 3 and 1", p.fetches, p.state.Counts.Duplicates)
	}
}

// Duplicates and late events change nothing: there is one decision under one id.
func TestASpotCheckIsDecidedOnce(t *testing.T) {
	t.Parallel()
	p := openSpot(t, shows("Refer", "j1"))
	p.tell(spotEvent("e1"), spotEvent("e1"), spotEvent("e2"))
	if p.fetches != 1 {
		t.Errorf("fetched %d times, want once for what arrived together", p.fetches)
	}
	p.tell(spotEvent("e1"))
	p.tell(spotEvent("e3"))
	ids := map[string]bool{}
	for _, e := range p.handed {
		ids[e.EventID] = true
	}
	if len(p.told) != 1 || len(ids) != 1 || p.state.Counts.Duplicates != 2 {
		t.Errorf("told %d, handed over under %d ids, duplicates %d; want 1, 1, 2", len(p.told), len(ids), p.state.Counts.Duplicates)
	}
	if !p.state.Closed() {
		t.Error("it does not close")
	}
}

// A later run takes the ledger's decision and tells it under the same ids; if the
// vendor finds worse meanwhile the journey's people hear of it, the decision stands.
func TestAnEarlierRunsDecisionStands(t *testing.T) {
	t.Parallel()
	first := openSpot(t, shows("Complete", "j1"))
	first.tell(spotEvent("e1"))
	decided := *first.state.Decision

	p := openSpot(t, func(journey.SpotFetchInput, time.Time) journey.SpotAnswer {
		return journey.SpotAnswer{Policy: spotPolicy, Decided: &decided, Result: &journey.SpotResult{System: "Refer"}, Candidates: []string{"j2"}}
	})
	p.now = p.now.Add(time.Hour)
	p.tell(spotEvent("e2"))
	if diff := cmp.Diff(&decided, p.state.Decision); diff != "" {
		t.Errorf("decided anew (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first.told, p.told); diff != "" {
		t.Errorf("told otherwise (-want +got):\n%s", diff)
	}
	if len(p.handed) != 1 || p.handed[0].JourneyID != "j1" {
		t.Errorf("handed over %v, want it to j1", p.handed)
	}
}

func TestTheAPIIsAskedAgainUntilItShowsTheResult(t *testing.T) {
	t.Parallel()
	shown := time.Date(2026, 1, 8, 0, 0, 0, 0, time.UTC)
	p := openSpot(t, func(in journey.SpotFetchInput, now time.Time) journey.SpotAnswer {
		if now.Before(shown) {
			return shows("Incomplete", "j1")(in, now)
		}
		return shows("Complete", "j1")(in, now)
	})
	p.tell(spotEvent("e1"))
	p.wait(2 * time.Hour)
	if p.fetches != 3 || len(p.state.Attention) != 1 || p.state.Attention[0].Code != journey.AttentionHintMismatch {
		t.Errorf("after %d looks attention is %v, want hint_mismatch after 3", p.fetches, p.state.Attention)
	}
	p.wait(4 * 24 * time.Hour)
	if got, want := p.outcome(), "passed j1 reference"; got != want || len(p.state.Attention) != 0 || p.fetches != 6 {
		t.Errorf("decided %q after %d looks, attention %v; want %q after 6", got, p.fetches, p.state.Attention, want)
	}
}

func TestASpotCheckThatTheVendorDoesNotKnowIsUnknown(t *testing.T) {
	t.Parallel()
	problem := journey.ProblemMissing
	p := openSpot(t, func(journey.SpotFetchInput, time.Time) journey.SpotAnswer {
		return journey.SpotAnswer{Policy: spotPolicy, Problem: problem}
	})
	p.tell(spotEvent("e1"))
	p.wait(time.Hour)
	if p.state.Closed() {
		t.Error("closed before the declared time")
	}
	p.wait(2 * time.Hour)
	if !p.state.Unknown || !p.state.Closed() || len(p.told)+len(p.handed) != 0 {
		t.Errorf("unknown %v, closed %v, told %d; want it closed and nobody told", p.state.Unknown, p.state.Closed(), len(p.told))
	}
	p.answer = shows("Complete", "j1") // a later event opens it again
	p.tell(spotEvent("e2"))
	if got, want := p.outcome(), "passed j1 reference"; got != want {
		t.Errorf("decided %q, want %q", got, want)
	}
}

func TestOurOwnMisconfigurationNeverClosesASpotCheck(t *testing.T) {
	t.Parallel()
	problem := journey.ProblemDenied
	p := openSpot(t, nil)
	p.answer = func(in journey.SpotFetchInput, now time.Time) journey.SpotAnswer {
		if problem == "" {
			return shows("Complete", "j1")(in, now)
		}
		return journey.SpotAnswer{Policy: spotPolicy, Problem: problem}
	}
	p.tell(spotEvent("e1"))
	p.wait(30 * 24 * time.Hour)
	if p.state.Closed() || len(p.state.Attention) != 1 || p.state.Attention[0].Code != journey.AttentionVendorDenied {
		t.Errorf("closed %v, attention %v; want it open, vendor_denied", p.state.Closed(), p.state.Attention)
	}
	problem = ""
	p.wait(time.Hour)
	if got, want := p.outcome(), "passed j1 reference"; got != want || len(p.state.Attention) != 0 {
		t.Errorf("decided %q, attention %v; want %q and none", got, p.state.Attention, want)
	}
}
