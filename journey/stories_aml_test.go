package journey_test

import (
	"testing"
	"time"

	"idjourney/journey"
)

func (r *rig) history(changes ...journey.AMLChange) {
	r.in(journey.Input{AMLFetched: &journey.AMLHistory{Changes: changes}})
}

func (r *rig) dispose(id string, d journey.Disposition) {
	r.t.Helper()
	in := journey.Reviewed{Review: id, Disposition: d, Actor: "a", Reason: "r"}
	if err := r.s.CheckReview(in); err != nil {
		r.t.Fatalf("the disposition was refused: %v", err)
	}
	r.in(journey.Input{Reviewed: &in})
}

func count(effects []journey.Effect, ty journey.MessageType) (n int) {
	for _, e := range effects {
		if e.Publish != nil && e.Publish.Message.Type == ty {
			n++
		}
	}
	return n
}

func versioned(id string, version int) journey.AMLMatch {
	return journey.AMLMatch{ID: id, Datasets: []string{"SAN"}, Version: version, MonitorUpdate: "Added"}
}

// The same match has changed since the alert that a person answers.
func TestADispositionAcceptsOnlyWhatWasSeen(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.look(matches(fin("Approved"), versioned("m", 1)))
	first := r.s.AML.Alerts[0].ID
	r.now = r.now.Add(time.Minute)
	r.look(matches(fin("Approved"), versioned("m", 2)))
	r.dispose(first, journey.FalsePositive)
	r.standing(journey.OutcomeOnHold, "the change has an alert of its own")
	r.dispose(r.s.AML.Alerts[0].ID, journey.FalsePositive)
	r.standing(journey.OutcomeApproved, "a person has seen all")
}

// More changes than alerts: the newest alert stands for what came after.
func TestAnAlertThatGrewIsAnotherAlert(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	var seen string
	for n := 1; n <= 17; n++ {
		if n == 17 {
			seen = r.s.AML.Alerts[len(r.s.AML.Alerts)-1].ID
		}
		r.now = r.now.Add(time.Minute)
		r.look(matches(fin("Approved"), versioned("m", n)))
	}
	if err := r.s.CheckReview(journey.Reviewed{Review: seen, Disposition: journey.FalsePositive, Actor: "a", Reason: "r"}); err == nil {
		t.Error("a disposition of what has grown since was taken")
	}
}

// A flow that fell out of the configuration, and a sanctions match.
func TestAMatchInAnUnlistedFlowEndsAnApproval(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.p.Unlisted, r.p.Steps = true, nil
	r.look(matches(fin("Approved"), mon))
	r.standing(journey.OutcomeOnHold, "a new match stands against the approval")
}

// The match comes while the vendor has the journey open for a renewal.
func TestAMatchDuringARenewalIsPutOnHoldAndPublished(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.look(submitted())
	r.standing(journey.OutcomeApproved, "a renewal changes no standing")
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 1})
	effects := r.fetched(matches(submitted(), versioned("m", 1)))
	r.standing(journey.OutcomeOnHold, "a new match stands against the approval")
	if count(effects, journey.MessageAMLChanged) != 1 || len(r.s.AML.Alerts) != 1 {
		t.Error("the change is not told")
	}
	if r.s.Phase != journey.AwaitingResubmission {
		t.Errorf("in phase %s, want that of the renewal", r.s.Phase)
	}
}

// The first word of an old customer is forged, with a number of its own.
func TestAForgedVersionDoesNotChangeAnAdoption(t *testing.T) {
	r := newRig(t)
	v := fin("Approved")
	v.EndedAt = r.now.Add(-365 * day)
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 2000000000})
	r.fetched(v)
	if r.s.AML.Version > 100 {
		t.Errorf("the body's version %d is believed", r.s.AML.Version)
	}
}

// The number is forged, the change is true, and the history knows of nothing.
func TestAForgedVersionIsForgottenAfterTheHistory(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 2000000000})
	r.fetched(matches(fin("Approved"), mon))
	if r.s.AML.Asking > 0 {
		r.history()
	}
	if r.s.AML.Version > 100 {
		t.Errorf("the body's version %d is believed", r.s.AML.Version)
	}
	if len(r.s.AML.Alerts) != 1 {
		t.Errorf("%d alerts, want 1", len(r.s.AML.Alerts))
	}
}

// The matches change once more while the history is asked, which then tells nothing.
func TestAChangeDuringTheHistoryIsPublishedOnce(t *testing.T) {
	r := newRig(t)
	r.look(matches(fin("Approved"), journey.AMLMatch{ID: "old", Version: 1}))
	three := matches(fin("Approved"), journey.AMLMatch{ID: "old", Version: 1}, versioned("m3", 3))
	three.AML.Version = 3
	r.look(three)
	four := matches(three, three.AML.Matches[0], three.AML.Matches[1], versioned("m4", 3))
	four.AML.Version = 3
	r.look(four)
	n := 0
	for r.s.AML.Asking > 0 && n < 5 {
		n += count(r.in(journey.Input{AMLFetched: &journey.AMLHistory{}}), journey.MessageAMLChanged)
	}
	if n != 1 || len(r.s.AML.Alerts) != 1 {
		t.Errorf("told %d times with %d alerts, want once", n, len(r.s.AML.Alerts))
	}
	// And when it tells all: what came meanwhile is a change of its own.
	r = newRig(t)
	r.look(matches(fin("Approved"), journey.AMLMatch{ID: "old", Version: 1}))
	r.look(three)
	r.look(four)
	r.history(journey.AMLChange{Version: 2, Changed: []string{"old"}}, journey.AMLChange{Version: 3, Added: []string{"m3"}})
	if last := r.s.AML.Alerts[len(r.s.AML.Alerts)-1]; len(r.s.AML.Alerts) != 3 || len(last.Matches) != 1 || last.Matches[0] != "m4" {
		t.Errorf("the alerts are %+v, want one each for versions 2 and 3 and for m4", r.s.AML.Alerts)
	}
	if r.s.AML.Version != 3 {
		t.Errorf("at version %d, want 3: the vendor names no other", r.s.AML.Version)
	}
}

// The run was lost; the match that a webhook announces has no mark of monitoring.
func TestAMatchAfterALostRunIsNews(t *testing.T) {
	r := newRig(t)
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 2})
	v := matches(fin("Approved"), journey.AMLMatch{ID: "m", Datasets: []string{"SAN"}, Version: 2})
	v.AML.Version = 2
	r.answered(journey.FetchAnswer{Verdict: &v, Baseline: &journey.Standing{Outcome: journey.OutcomeApproved, Sequence: 1}})
	if r.s.AML.Asking > 0 {
		r.history()
	}
	r.standing(journey.OutcomeOnHold, "the match is newer than the approval")
	if len(r.s.AML.Alerts) == 0 {
		t.Error("nobody is told")
	}
}

// Monitoring had brought a match that nobody accepted, before we knew the customer.
func TestAnAdoptionAcceptsNoMonitoredMatch(t *testing.T) {
	r := newRig(t)
	r.event(journey.Adopt, journey.Hint{})
	v := matches(fin("Approved"), mon)
	v.EndedAt = r.now.Add(-365 * day)
	r.fetched(v)
	r.standing(journey.OutcomeOnHold, "the match is newer than the vendor's review")
	mon := mon
	mon.Whitelisted = true
	r = newRig(t)
	r.event(journey.Adopt, journey.Hint{})
	r.fetched(matches(v, mon))
	r.standing(journey.OutcomeApproved, "a reviewer has whitelisted the match")
}

// The history's answer comes after the relationship ended.
func TestAnEndedJourneyOpensNoAlert(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	v := matches(fin("Approved"), versioned("m", 3))
	v.AML.Version = 3
	r.look(v)
	r.act(journey.Act{Kind: journey.UpdateEnd})
	r.history(journey.AMLChange{Version: 1, Added: []string{"m"}})
	if len(r.s.AML.Alerts) > 0 {
		t.Error("an alert is open that nobody can close")
	}
}

// A fetch that failed while the history was asked: the alert has its ladder later.
func TestAnAlertFindsItsLadder(t *testing.T) {
	r := newRig(t)
	ladders := []journey.Ladder{{Name: journey.AlertLadder(journey.SeverityHigh), Remind: []time.Time{r.now.Add(4 * time.Hour)}}}
	v := fin("Approved")
	r.event(journey.UpdatedJourney, journey.Hint{})
	r.answered(journey.FetchAnswer{Verdict: &v, Ladders: ladders})
	v = matches(v, versioned("m", 3))
	v.AML.Version = 3
	r.event(journey.UpdatedJourney, journey.Hint{})
	r.answered(journey.FetchAnswer{Verdict: &v, Ladders: ladders})
	r.event(journey.UpdatedJourney, journey.Hint{})
	r.in(journey.Input{Fetched: &journey.FetchAnswer{Problem: journey.ProblemUnreachable}})
	r.now = r.now.Add(time.Minute)
	r.history(journey.AMLChange{Version: 3, Added: []string{"m"}, Datasets: map[string]int{"SAN": 1}})
	if !r.s.Look.UnderWay {
		t.Fatal("an alert without a ladder, and nobody looks for it")
	}
	r.answered(journey.FetchAnswer{Verdict: &v, Ladders: ladders})
	if a := r.s.AML.Alerts[0]; len(a.Ladder.Remind) == 0 {
		t.Errorf("nobody will be reminded: %+v", a)
	}
}
