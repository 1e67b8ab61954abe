package journey_test

import (
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// rig drives Step by hand: each of the tests below is a story that once ended wrong.
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
		r.s, e = journey.Step(r.s, x, r.now)
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
	if r.s.Review == nil {
		r.t.Fatalf("no review is open: %s", r.s.Describe())
	}
	in := journey.Reviewed{Review: r.s.Review.ID, Outcome: o, Actor: "a", Reason: "r"}
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
func TestAMatchBehindReferHoldsTheApproval(t *testing.T) {
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
	r.s.Steps = []journey.StepRun{{Name: "government-face", Outcome: journey.StepPassed, Subject: "s1"}}
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
	if r.s.Review == nil && r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("mismatch after an operator's approval changes nothing")
	}
}

// a review sent for one finding accepts another
func TestAReviewAcceptsOnlyWhatWasSeen(t *testing.T) {
	r := newRig(t)
	v := fin("Approved")
	v.Face = face(false)
	r.look(v)
	seen := journey.Reviewed{Review: r.s.Review.ID, Outcome: journey.OutcomeApproved, Actor: "a", Reason: "the face is theirs"}
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
func TestScreeningAgainLiftsNoHold(t *testing.T) {
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

// late API after settled: claims confirmed by the old verdict
func TestALateAnswerConfirmsNothing(t *testing.T) {
	for _, c := range []struct {
		ty        journey.EventType
		h         journey.Hint
		now, then string
	}{
		{journey.ManuallyReviewed, journey.Hint{Manual: "Rejected", Final: "Rejected"}, "Approved", "Rejected"},
		{journey.UpdatedJourney, journey.Hint{Action: "Manual Review", Manual: "Rejected", Final: "Rejected"}, "Approved", "Rejected"},
		{journey.FinishedJourney, journey.Hint{System: "Refer"}, "Complete", "Refer"},
		{journey.UpdatedJourney, journey.Hint{Action: "AML OGM Update", System: "Refer"}, "Complete", "Refer"},
		{journey.UpdatedJourney, journey.Hint{Action: "Step Update", System: "Refer"}, "Complete", "Refer"},
	} {
		r := newRig(t)
		r.look(fin(c.now))
		r.event(c.ty, c.h)
		r.fetched(fin(c.now)) // API is 2 s late
		if r.s.Deadline().IsZero() && r.s.Standing.Outcome == journey.OutcomeApproved {
			t.Error("the API was late once, nobody ever looks again: approval stands")
		}
	}
}

// first contact by AML webhook, API late and without versions
func TestFirstContactByAMLAsksAgain(t *testing.T) {
	r := newRig(t)
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 3})
	r.fetched(fin("Approved"))
	if r.s.Deadline().IsZero() {
		t.Error("claim taken as confirmed although nothing was shown")
	}
}

// forged version poisons AMLVersion
func TestAForgedVersionIsNotBelieved(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 2000000000})
	r.fetched(matches(fin("Approved"), mon))
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 4})
	r.fetched(matches(fin("Approved"), mon))
	if r.s.Claim.AML != 4 {
		t.Error("the body's version is believed; a true later one claims nothing", r.s.Claim)
	}
}

// livelock: the step judged another subject than the verdict shows
func TestAStepOnAShiftingSubjectEnds(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	eff := r.fetched(submitted())
	runs, fetches := 0, 0
	for i := 0; i < 1000 && len(eff) > 0; i++ {
		var next []journey.Effect
		for _, e := range eff {
			switch e.Kind {
			case journey.EffectStep:
				runs++
				next = append(next, r.in(journey.Input{Stepped: &journey.Stepped{Step: e.StepIn.Step, Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s2"}}})...)
			case journey.EffectFetch:
				fetches++
			}
		}
		eff = next
	}
	if runs > 2 {
		t.Errorf("the step ran %d times at one instant, %d fetches, never completes", runs, fetches)
	}
}

// stuck in custom_steps
func TestAStepThatOutlivesItsEvidenceGoesOn(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	v := submitted()
	v.Selfie = "Not Started"
	r.look(v)
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	if r.s.Deadline().IsZero() && !r.s.Looking && r.s.Running == "" && !r.s.Completing && r.s.Review == nil {
		t.Error("stuck in " + r.s.Phase)
	}
}

// a problem's policy replaces the flow's
func TestAProblemKeepsTheFlowsSteps(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	r.event(journey.UpdatedJourney, journey.Hint{})
	un := journey.Policy{Version: "default", Unlisted: true, Endpoints: []string{"core"}, UserStepsWithin: r.p.UserStepsWithin, ResultWithin: r.p.ResultWithin}
	r.in(journey.Input{Fetched: &journey.FetchAnswer{Problem: journey.ProblemDenied, Policy: un}})
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	if !r.s.Completing {
		t.Error("Complete Custom Step is not called: the steps of an unlisted flow apply")
	}
}
func TestAProblemKeepsTheFlowListed(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	r.look(fin("Complete")) // while Completing
	r.event(journey.UpdatedJourney, journey.Hint{})
	un := journey.Policy{Version: "default", Unlisted: true, Endpoints: []string{"core"}}
	r.in(journey.Input{Fetched: &journey.FetchAnswer{Problem: journey.ProblemDenied, Policy: un}})
	r.in(journey.Input{Completed: &journey.CompleteAnswer{}})
	if r.s.Review != nil && r.s.Review.Reason == "flow_unlisted" {
		t.Error("a listed flow's journey is put before a person as unlisted", r.s.Attention)
	}
}

// manual Rejected while final still says Complete
func TestInconsistentDecisionsAreHeld(t *testing.T) {
	r := newRig(t)
	v := fin("Complete")
	v.Manual = "Rejected"
	r.look(v)
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("approved against a manual Rejected")
	}
	r = newRig(t)
	v = fin("Complete")
	v.System = "Incomplete"
	v.Ended = false
	v.FailedRules = []string{"no_aml_records"}
	r.look(v)
	if r.s.Standing.Outcome == journey.OutcomeApproved {
		t.Error("approved")
	}
}

// unbounded reason from a foreign step
func TestAStepsReasonIsACode(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: "no record of Erika Mustermann, born 1970-01-01"}}})
	v := fin("Complete")
	v.Face = nil
	r.look(v)
	r.in(journey.Input{Completed: &journey.CompleteAnswer{}})
	if r.s.Review != nil && len(r.s.Review.Reason) > 80 {
		t.Error("free text of a step reaches review, message, details")
	}
}

// aml.changed lost over a resubmission
func TestAMLChangesAreToldAcrossAResubmission(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	r.look(submitted())
	r.event(journey.AMLMonitorUpdate, journey.Hint{AMLVersion: 1})
	r.fetched(matches(fin("Approved"), mon))
	for _, e := range r.out {
		if e.Publish != nil && e.Publish.Message.Type == journey.MessageAMLChanged {
			return
		}
	}
	t.Error("aml.changed was never sent")
}

// local review polls?
func TestALocalReviewLooksAgain(t *testing.T) {
	r := newRig(t)
	v := fin("Complete")
	v.Face = nil
	r.look(v)
	if r.s.Deadline().IsZero() {
		t.Error("a local review has no deadline: a lost webhook would never be found")
	}
}

// missing after seen: no attention
func TestAVanishedJourneyCallsAPerson(t *testing.T) {
	r := newRig(t)
	r.look(submitted())
	for range 20 {
		r.event(journey.UpdatedJourney, journey.Hint{})
		r.in(journey.Input{Fetched: &journey.FetchAnswer{Problem: journey.ProblemMissing, Policy: r.p}})
		r.now = r.now.Add(30 * 24 * time.Hour)
	}
	if len(r.s.Attention) == 0 {
		t.Error("nobody is told")
	}
}

// Finished User Steps lost; the silence starts the step, nothing follows it
func TestALostFirstWebhookDoesNotStick(t *testing.T) {
	r := newRig(t)
	r.event(journey.UpdatedJourney, journey.Hint{}) // any first contact
	r.fetched(submitted())
	r.now = r.s.LookAt
	r.in(journey.Input{Tick: true})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	if r.s.Deadline().IsZero() && !r.s.Looking && r.s.Running == "" && !r.s.Completing && r.s.Review == nil {
		t.Error("stuck in " + r.s.Phase)
	}
}
