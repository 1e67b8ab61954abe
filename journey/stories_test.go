package journey_test

import (
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// rig drives Apply by hand: each of the tests below is a story that once ended wrong.
type rig struct {
	t   *testing.T
	s   journey.State
	now time.Time
	p   journey.Policy
	out []journey.Effect
}

func newRig(t *testing.T) *rig {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	return &rig{t: t, now: now, p: journeytest.Policy(), s: journey.Open(journey.Start{Account: "acme", JourneyID: "j", Rules: 1}, now)}
}
func (r *rig) in(in journey.Input) []journey.Effect {
	var all []journey.Effect
	for _, x := range []journey.Input{in, {Tick: true}} {
		var e []journey.Effect
		r.s, e = journey.Apply(r.s, x, r.now)
		all = append(all, e...)
	}
	r.out = all
	return all
}
func (r *rig) event(ty journey.EventType, h journey.Hint) {
	r.in(journey.Input{Event: &journey.Event{Type: ty, Account: "acme", JourneyID: "j", Hint: h}})
}
func (r *rig) fetched(v journey.Verdict) []journey.Effect {
	return r.in(journey.Input{Fetched: &journey.FetchAnswer{Verdict: &v, Policy: r.p}})
}

// look is an event that leads to a fetch which answers v.
func (r *rig) look(v journey.Verdict) { r.event(journey.UpdatedJourney, journey.Hint{}); r.fetched(v) }

// review decides the review that is open.
func (r *rig) review(o journey.Outcome) {
	r.t.Helper()
	if r.s.Reviews.Open == nil {
		r.t.Fatalf("no review is open: %s", r.s.Describe())
	}
	in := journey.Reviewed{Review: r.s.Reviews.Open.ID, Outcome: o, Actor: "a", Reason: "r"}
	if err := r.s.CheckReview(in); err != nil {
		r.t.Fatalf("the review was refused: %v", err)
	}
	r.in(journey.Input{Reviewed: &in})
}

func face(m bool) *journey.FaceComparison { return &journey.FaceComparison{Matched: m, Score: 90} }
func submitted() journey.Verdict {
	return journey.Verdict{Documents: 1, Selfie: "Complete", System: "Incomplete", Final: "Incomplete", Subject: "s1"}
}
func fin(final string) journey.Verdict {
	v := journey.Verdict{Ended: true, Documents: 1, Selfie: "Complete", System: "Complete", Final: final, Subject: "s1", Face: face(true)}
	if final == "Approved" || final == "Rejected" {
		v.Manual = final
		v.System = "Refer"
	} else {
		v.System = final
	}
	return v
}
func matches(v journey.Verdict, ms ...journey.AMLMatch) journey.Verdict {
	v.AML.Matches = ms
	v.AML.Applicability = "Applicable"
	return v
}

var mon = journey.AMLMatch{ID: "m1", Datasets: []string{"SAN"}, MonitorUpdate: "Added"}
var plain = journey.AMLMatch{ID: "m1", Datasets: []string{"SAN"}}

// system-approved, then monitoring hit moves system+final to Refer
func TestAMatchBehindReferPutsTheApprovalOnHold(t *testing.T) {
	r := newRig(t)
	r.look(fin("Complete"))
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 1, System: "Refer"})
	r.fetched(matches(fin("Refer"), mon))
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("approval survives a new AML match")
	}
}

// operator rejection -> second match -> hold -> matches gone -> approved
func TestAnOperatorsRejectionStays(t *testing.T) {
	r := newRig(t)
	r.look(matches(fin("Complete"), plain))
	r.review(journey.OutcomeRejected)
	r.look(matches(fin("Complete"), plain, journey.AMLMatch{ID: "m2", MonitorUpdate: "Added"}))
	r.look(fin("Complete"))
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("an operator's rejection became an approval of the system")
	}
}

// vendor reviewer's rejection -> unknown value -> Complete
func TestAReviewersRejectionStays(t *testing.T) {
	r := newRig(t)
	r.look(fin("Rejected"))
	r.look(fin("Reprocessing"))
	r.look(fin("Complete"))
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("a vendor rejection became an approval of the system")
	}
}

// policy rejection with a standing Approved; face flips
func TestAPolicysRejectionStays(t *testing.T) {
	r := newRig(t)
	r.p.Steps[0].OnFailed = journey.MeansReject
	v := fin("Approved")
	v.Face = face(false)
	r.look(v)
	r.look(fin("Approved"))
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("policy rejection -> approval without any person")
	}
}

// operator rejected, workflow restarted (terminate/cancel) with baseline
func TestARejectionInTheLedgerStays(t *testing.T) {
	r := newRig(t)
	r.event(journey.UpdatedJourney, journey.Hint{})
	v := fin("Approved")
	r.in(journey.Input{Fetched: &journey.FetchAnswer{Verdict: &v, Policy: r.p, Baseline: &journey.Standing{Outcome: journey.OutcomeRejected, Sequence: 2}}})
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("operator's rejection turned into approval after restart")
	}
}

// stale face comparison for a new selfie
func TestAnOldComparisonDoesNotPassANewSelfie(t *testing.T) {
	r := newRig(t)
	r.look(fin("Resubmission Requested"))
	r.s.Steps.Runs = []journey.StepRun{{Name: "government-face", StepAnswer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}}
	v := fin("Complete")
	v.Subject = "s2" // new selfie, the old comparison still shown
	r.look(v)
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("approved on a comparison of the replaced selfie")
	}
}

// operator approves an inconclusive face; comparison then shows mismatch
func TestAComparisonAfterAnApprovalIsReviewed(t *testing.T) {
	r := newRig(t)
	v := fin("Complete")
	v.Face = nil
	r.look(v)
	r.review(journey.OutcomeApproved)
	v.Face = face(false)
	r.look(v)
	if r.s.Reviews.Open == nil && r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("mismatch after an operator's approval changes nothing")
	}
}

// a review sent for one finding accepts another
func TestAReviewAcceptsOnlyWhatWasSeen(t *testing.T) {
	r := newRig(t)
	v := fin("Approved")
	v.Face = face(false)
	r.look(v)
	seen := journey.Reviewed{Review: r.s.Reviews.Open.ID, Outcome: journey.OutcomeApproved, Actor: "a", Reason: "the face is theirs"}
	r.look(matches(v, mon))
	if err := r.s.CheckReview(seen); err == nil {
		t.Error("a review of facts that have changed was accepted")
	}
	r.in(journey.Input{Reviewed: &seen})
	if got := r.s.Standing.Outcome; got != journey.OutcomeOnHold {
		t.Errorf("the journey stands at %q, want on_hold: a person accepted a match that they never saw", got)
	}
}

// match without ongoing_monitor_update_type after vendor's Approved
func TestAMatchAfterAnApprovalIsNew(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.look(matches(fin("Approved"), plain))
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("approval survives")
	}
}

// matches vanish (re-screening, Not Ready Yet) -> hold lifted by itself
func TestANewScreeningLiftsNoHold(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.look(matches(fin("Approved"), mon))
	v := fin("Approved")
	v.AML = journey.AML{Applicability: "Not Ready Yet"}
	r.look(v)
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("AML alert closed and approved without AML evidence")
	}
}
