package journey_test

import (
	"testing"
	"time"

	"idjourney/journey"
)

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
func TestAFirstContactByAnAMLUpdateIsFetchedAgain(t *testing.T) {
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
	if r.s.Look.Claim.AML != 4 {
		t.Error("the body's version is believed; a true later one claims nothing", r.s.Look.Claim)
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
	if r.s.Deadline().IsZero() && !r.s.Look.UnderWay && r.s.Steps.Running == "" && !r.s.Steps.Completing && r.s.Reviews.Open == nil {
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
	if !r.s.Steps.Completing {
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
	if r.s.Reviews.Open != nil && r.s.Reviews.Open.Reason == "flow_unlisted" {
		t.Error("a listed flow's journey is put before a person as unlisted", r.s.Attention)
	}
}

// manual Rejected while final still says Complete
func TestInconsistentDecisionsArePutOnHold(t *testing.T) {
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
	if r.s.Reviews.Open != nil && len(r.s.Reviews.Open.Reason) > 80 {
		t.Error("free text of a step reaches review, message, details")
	}
}

// aml.changed lost over a resubmission
func TestAMLChangesArePublishedAcrossAResubmission(t *testing.T) {
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
func TestAJourneyThatIDWiseNoLongerKnowsNeedsAPerson(t *testing.T) {
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
	r.now = r.s.Look.At
	r.in(journey.Input{Tick: true})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	if r.s.Deadline().IsZero() && !r.s.Look.UnderWay && r.s.Steps.Running == "" && !r.s.Steps.Completing && r.s.Reviews.Open == nil {
		t.Error("stuck in " + r.s.Phase)
	}
}
