package journey_test

import (
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

const day = 24 * time.Hour

// standing fails unless the journey stands at the outcome.
func (r *rig) standing(want journey.Outcome, why string) {
	r.t.Helper()
	if got := r.s.Standing.Outcome; got != want {
		r.t.Errorf("the journey stands at %q, want %q: %s", got, want, why)
	}
}

func (r *rig) act(a journey.Act) {
	r.t.Helper()
	a.Actor, a.Reason, a.Sequence = "a", "r", r.s.Standing.Sequence
	if err := r.s.CheckAct(a); err != nil {
		r.t.Fatalf("the act %s was refused: %v", a.Kind, err)
	}
	r.in(journey.Input{Acted: &a})
}

// answered is a fetch whose answer is more than a verdict.
func (r *rig) answered(a journey.FetchAnswer) {
	a.Policy = r.p
	r.in(journey.Input{Fetched: &a})
}

func (r *rig) asked(ty journey.EventType, trigger, step, deadline string) {
	r.in(journey.Input{Event: &journey.Event{Type: ty, Account: "acme", JourneyID: "j", ReceivedAt: r.now, Hint: journey.Hint{
		Trigger: trigger, RequiredSteps: []journey.RequiredStep{{StepID: step, RenewalDeadline: deadline}},
	}}})
}

// The vendor's completion was on its way when the relationship ended.
func TestAnEndedJourneyStaysEnded(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "government-face", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	if !r.s.Steps.Completing {
		t.Fatal("Complete Custom Step is not under way")
	}
	r.act(journey.Act{Kind: journey.UpdateErase})
	r.in(journey.Input{Erased: &journey.EraseAnswer{}})
	r.in(journey.Input{Completed: &journey.CompleteAnswer{}})
	if r.s.Phase != journey.Erased {
		t.Errorf("an erased journey is in phase %s again", r.s.Phase)
	}
}

// A journey that is closed is erased by a run that never looked.
func TestAnErasureOfAClosedJourneyIsPublished(t *testing.T) {
	r := newRig(t)
	r.act(journey.Act{Kind: journey.UpdateErase})
	if effects := r.in(journey.Input{Erased: &journey.EraseAnswer{Endpoints: []string{"core"}}}); count(effects, journey.MessageErased) != 1 {
		t.Error("nobody is told")
	}
}

// A journey of ours whose step takes days is no customer from before our time.
func TestASlowStepIsNoReasonToAdopt(t *testing.T) {
	r := newRig(t)
	r.p.Steps[0] = journey.StepPolicy{Name: "register", When: journey.WhenAlways, OnFailed: journey.MeansReject, OnInconclusive: journey.MeansReview, AnswerWithin: journey.Duration(10 * day)}
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "register", Answer: journey.StepAnswer{Outcome: journey.StepPending}}})
	v := fin("Complete")
	v.EndedAt = r.now
	r.now = r.now.Add(4 * day)
	r.look(v)
	r.standing("", "the step has not answered")
}

// The vendor refused our key for days: the journey ended after we knew of it.
func TestALateFirstAnswerIsNoReasonToAdopt(t *testing.T) {
	r := newRig(t)
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.answered(journey.FetchAnswer{Problem: journey.ProblemDenied})
	v := fin("Complete")
	v.Face, v.EndedAt = nil, r.now.Add(time.Hour)
	r.now = r.now.Add(5 * day)
	r.look(v)
	r.standing("", "no evidence for the face")
}

// The run was terminated while a step was asked; the ledger has nothing but the flow.
func TestALostRunIsNoReasonToAdopt(t *testing.T) {
	r := newRig(t)
	r.event(journey.UpdatedJourney, journey.Hint{})
	v := fin("Complete")
	v.Face, v.EndedAt = nil, r.now.Add(-10*day)
	r.answered(journey.FetchAnswer{Verdict: &v, Known: true})
	r.standing("", "no evidence for the face")
}

// Somebody imported a journey that is under way.
func TestAnImportAdoptsNothingThatIsUnderWay(t *testing.T) {
	r := newRig(t)
	r.event(journey.Adopt, journey.Hint{})
	v := submitted()
	v.Selfie = "Not Started"
	r.fetched(v)
	v = fin("Complete")
	v.Face = nil
	r.look(v)
	r.standing("", "it was seen at work, and its step never ran")
}

// The run was terminated while a person held the journey.
func TestAHoldInTheLedgerStays(t *testing.T) {
	r := newRig(t)
	r.event(journey.UpdatedJourney, journey.Hint{})
	v := fin("Complete")
	r.answered(journey.FetchAnswer{Verdict: &v, Baseline: &journey.Standing{Outcome: journey.OutcomeOnHold, Sequence: 4}})
	r.standing(journey.OutcomeOnHold, "a restart lifts no hold")
	r.review(journey.OutcomeApproved)
	r.standing(journey.OutcomeApproved, "a person does")
}

// The history was reset to before an operator's rejection.
func TestARejectionOfAConflictingDecisionStays(t *testing.T) {
	r := newRig(t)
	r.look(fin("Complete"))
	r.in(journey.Input{Published: &journey.Published{Lane: "decisions@core", Answer: journey.PublishAnswer{
		Conflict: &journey.Standing{Outcome: journey.OutcomeRejected, Sequence: 3}}}})
	r.fetched(fin("Complete"))
	r.standing(journey.OutcomeRejected, "a reset approves nobody")
}

// A step that is declared later asks nothing of those who were approved without it,
// until they submit something again.
func TestAStepThatIsDeclaredLaterWaitsForTheNextRound(t *testing.T) {
	r := newRig(t)
	r.look(fin("Complete"))
	r.p.Steps = append(r.p.Steps, journey.StepPolicy{Name: "new", When: journey.WhenAlways, OnFailed: journey.MeansReject, OnInconclusive: journey.MeansReject})
	r.look(fin("Complete"))
	r.standing(journey.OutcomeApproved, "it was not asked of this customer")
	if r.s.Reviews.Open != nil {
		t.Errorf("a person is asked (%s): with every step that is declared, for the whole base of customers", r.s.Reviews.Open.Reason)
	}
	again := fin("Complete")
	again.Subject = "s2"
	r.look(again)
	if r.s.Steps.Running != "new" {
		t.Errorf("running is %q, want the new step, for what was submitted now", r.s.Steps.Running)
	}
}

// Two forged webhooks after a renewal that was missed, as the API shows.
func TestAMissedRenewalIsNotUndoneByWebhooks(t *testing.T) {
	r := newRig(t)
	expired := func() journey.Verdict {
		v := fin("Complete")
		v.FailedRules = []string{"expired_document"}
		return v
	}
	r.look(fin("Complete"))
	r.asked(journey.VerificationUpdateRequired, "KYC Renewal", "10", "")
	r.fetched(expired())
	r.now = r.now.Add(31 * day)
	r.asked(journey.KYCRenewalDeadlineExceeded, "", "10", r.now.Format(time.DateOnly))
	r.fetched(expired())
	r.standing(journey.OutcomeOnHold, "the renewal was missed")
	r.asked(journey.KYCRenewalDeadlineExceeded, "", "10", "2099-01-01")
	r.asked(journey.VerificationUpdateRequired, "KYC Renewal", "11", "")
	for r.s.Look.UnderWay { // what was said during the first look is taken up by the second
		r.fetched(expired())
	}
	r.standing(journey.OutcomeOnHold, "nothing was renewed")
	v := submitted() // the vendor opens it, and closes it without anything new
	r.look(v)
	r.look(fin("Complete"))
	r.standing(journey.OutcomeOnHold, "nothing was renewed")
	r.review(journey.OutcomeApproved)
	r.now = r.now.Add(365 * day)
	r.asked(journey.VerificationUpdateRequired, "KYC Renewal", "11", "")
	r.fetched(expired())
	if r.s.Phase != journey.AwaitingResubmission {
		t.Errorf("the next renewal is not asked for: in phase %s", r.s.Phase)
	}
}

// Whoever knows the secret asks for another step every day.
func TestARepeatedRequestDoesNotPauseAReviewForEver(t *testing.T) {
	r := newRig(t)
	r.look(fin("Complete"))
	r.in(journey.Input{Event: &journey.Event{Type: journey.SpotCheckFailed, Account: "acme", JourneyID: "j", Hint: journey.Hint{SpotCheck: "spot"}}})
	r.fetched(fin("Complete"))
	if r.s.Reviews.Open == nil {
		t.Fatal("a failed spot check opens no review")
	}
	r.asked(journey.VerificationUpdateRequired, "Manual", "1", "")
	r.fetched(fin("Complete"))
	if r.s.Reviews.Open == nil {
		t.Error("a webhook has taken the review away")
	}
	r = newRig(t)
	r.look(fin("Refer"))
	for n := range 40 {
		r.asked(journey.VerificationUpdateRequired, "Manual", string(rune('A'+n)), "")
		r.fetched(fin("Refer"))
		if r.s.Rounds.Open == nil {
			return
		}
		r.now = r.now.Add(day)
	}
	t.Error("a pause that only webhooks ask for has no end")
}

// A failed spot check waits for a person, and another hold ends.
func TestAFailedSpotCheckPreventsAnApproval(t *testing.T) {
	r := newRig(t)
	r.look(fin("Complete"))
	r.look(matches(fin("Complete"), mon))
	r.in(journey.Input{Event: &journey.Event{Type: journey.SpotCheckFailed, Account: "acme", JourneyID: "j", Hint: journey.Hint{SpotCheck: "spot"}}})
	r.fetched(matches(fin("Complete"), mon))
	r.in(journey.Input{Reviewed: &journey.Reviewed{Review: r.s.AML.Alerts[0].ID, Disposition: journey.FalsePositive, Actor: "a", Reason: "r"}})
	r.standing(journey.OutcomeOnHold, "nobody has judged the spot check")
	r.review(journey.OutcomeApproved)
	r.standing(journey.OutcomeApproved, "now somebody has")
}

// An operator's hold, and the next look of the journey's own accord.
func TestAHoldKeepsItsReview(t *testing.T) {
	r := newRig(t)
	r.look(fin("Complete"))
	r.act(journey.Act{Kind: journey.UpdateOverride, Outcome: journey.OutcomeOnHold})
	r.look(fin("Complete"))
	if r.s.Reviews.Open == nil {
		t.Errorf("nobody is awaited any more: %s", r.s.Describe())
	}
	r = newRig(t)
	ladder := journey.Ladder{Name: journey.LadderReview, FinallyAt: r.now.Add(day), Finally: journey.OutcomeOnHold}
	v := fin("Refer")
	for range 3 {
		r.event(journey.UpdatedJourney, journey.Hint{})
		r.answered(journey.FetchAnswer{Verdict: &v, Ladders: []journey.Ladder{ladder}})
		r.now = r.now.Add(25 * time.Hour)
	}
	r.standing(journey.OutcomeOnHold, "the ladder has ended")
	if r.s.Reviews.Open == nil {
		t.Errorf("the ladder has ended, and nobody is awaited any more: %s", r.s.Describe())
	}
}

// A ladder of weeks ago ends at once, before anybody could look.
func TestALadderBeginsWithItsReview(t *testing.T) {
	r := newRig(t)
	v := fin("Complete")
	ladder := func() []journey.Ladder {
		return []journey.Ladder{{Name: journey.LadderReview, EscalateAt: r.now.Add(day), FinallyAt: r.now.Add(2 * day), Finally: journey.OutcomeRejected}}
	}
	r.event(journey.UpdatedJourney, journey.Hint{})
	r.answered(journey.FetchAnswer{Verdict: &v, Ladders: ladder()})
	r.now = r.now.Add(30 * day)
	r.act(journey.Act{Kind: journey.UpdateOverride, Outcome: journey.OutcomeOnHold})
	r.answered(journey.FetchAnswer{Verdict: &v, Ladders: ladder()})
	r.standing(journey.OutcomeOnHold, "its review has just begun")
	if r.s.Reviews.Open == nil || !r.s.Reviews.Open.Ladder.EscalateAt.Equal(r.now.Add(day)) || r.s.Reviews.Open.Ladder.Overdue {
		t.Errorf("the ladder is not that of the review: %+v", r.s.Reviews.Open)
	}
}

// A step is no longer declared while its answer is awaited.
func TestTheAnswerOfARemovedStepIsNotAwaited(t *testing.T) {
	r := newRig(t)
	r.p.Steps[0] = journey.StepPolicy{Name: "register", When: journey.WhenAlways, OnFailed: journey.MeansReject, OnInconclusive: journey.MeansReview, AnswerWithin: journey.Duration(day)}
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "register", Answer: journey.StepAnswer{Outcome: journey.StepPending}}})
	r.p.Steps = nil
	r.look(submitted())
	r.now = r.now.Add(2 * day)
	r.in(journey.Input{Tick: true})
	if r.s.Deadline().IsZero() && !r.s.Look.UnderWay {
		t.Errorf("stuck: %s", r.s.Describe())
	}
}

// The subject is missing from one answer, and another one in the next.
func TestANewSubjectIsSeenAcrossAGap(t *testing.T) {
	r := newRig(t)
	r.p = journeytest.Policy()
	v := fin("Complete")
	r.look(v)
	v.Subject = ""
	r.look(v)
	v.Subject = "s2"
	r.look(v)
	if r.s.Rounds.Number != 1 {
		t.Errorf("in round %d, want 1: what is judged has changed", r.s.Rounds.Number)
	}
}
