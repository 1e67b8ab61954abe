package journey_test

import (
	"testing"
	"time"

	"idjourney/journey"
)

// tries are the acts that the table below tries in every phase.
var tries = []struct {
	name string
	in   func(journey.State) journey.Input
}{
	{"review", func(s journey.State) journey.Input {
		r := journey.Reviewed{Review: "rev_none", Outcome: journey.OutcomeApproved, Actor: "a", Reason: "r"}
		if s.Reviews.Open != nil {
			r.Review = s.Reviews.Open.ID
		}
		return journey.Input{Reviewed: &r}
	}},
	{"disposition", func(s journey.State) journey.Input {
		r := journey.Reviewed{Review: "alr_none", Disposition: journey.AcceptedMatch, Actor: "a", Reason: "r"}
		if len(s.AML.Alerts) > 0 {
			r.Review = s.AML.Alerts[0].ID
		}
		return journey.Input{Reviewed: &r}
	}},
	{"override", act(journey.Act{Kind: journey.UpdateOverride, Outcome: journey.OutcomeRejected})},
	{"stale override", act(journey.Act{Kind: journey.UpdateOverride, Outcome: journey.OutcomeRejected, Sequence: 7})},
	{"refresh", act(journey.Act{Kind: journey.UpdateRefresh})},
	{"retry-step", act(journey.Act{Kind: journey.UpdateRetryStep, Step: "employer"})},
	{"end-relationship", act(journey.Act{Kind: journey.UpdateEnd})},
	{"erase", act(journey.Act{Kind: journey.UpdateErase})},
}

func act(a journey.Act) func(journey.State) journey.Input {
	return func(s journey.State) journey.Input {
		now := a
		now.Actor, now.Reason, now.Sequence = "a", "r", s.Standing.Sequence+a.Sequence
		return journey.Input{Acted: &now}
	}
}

const (
	noReview  = "the journey has no local review open: a vendor review is decided in the vendor's dashboard"
	noAlert   = "the journey has no such AML alert open"
	noMore    = "the relationship has ended: nothing but erasure is left"
	gone      = "the journey has been erased"
	closing   = "the journey's workflow is about to close: a later event, or a refresh, opens it again"
	stale     = "the standing has changed since it was looked at: look again and name its sequence"
	early     = "IDWise has not finished this journey: there is nothing to override yet"
	underWay  = "a custom step is under way: wait for its answer"
	noRetry   = "a step is run again while a person has to decide, and only one that has answered"
	paused    = "the review is paused while the user has something to submit again"
	toSettled = "-> settled"
)

// Every act in every phase: the sentence it is refused with, or the phase it leads to.
func TestEveryActInEveryPhase(t *testing.T) {
	for _, c := range []struct {
		phase journey.Phase
		reach func(*rig)
		want  []string // as tries
	}{
		{journey.AwaitingUserSteps, begun,
			[]string{noReview, noAlert, early, stale, "-> awaiting_user_steps", noRetry, "-> ended", "-> awaiting_user_steps"}},
		{journey.CustomSteps, func(r *rig) { begun(r); r.stepRuns() },
			[]string{noReview, noAlert, early, stale, "-> custom_steps", underWay, "-> ended", "-> custom_steps"}},
		{journey.AwaitingResult, func(r *rig) { begun(r); r.stepAnswers(journey.StepPassed) },
			[]string{noReview, noAlert, early, stale, "-> awaiting_result", noRetry, "-> ended", "-> awaiting_result"}},
		{journey.AwaitingReview, func(r *rig) { begun(r); r.stepAnswers(journey.StepInconclusive); r.look(fin("Complete")) },
			[]string{toSettled, noAlert, toSettled, stale, "-> awaiting_review", "-> awaiting_review", "-> ended", "-> awaiting_review"}},
		{journey.AwaitingResubmission, func(r *rig) { settle(r); r.look(fin("Resubmission Requested")) },
			[]string{paused, noAlert, "-> awaiting_resubmission", stale, "-> awaiting_resubmission", noRetry, "-> ended", "-> awaiting_resubmission"}},
		{journey.Settled, settle,
			[]string{noReview, noAlert, toSettled, stale, toSettled, noRetry, "-> ended", toSettled}},
		{journey.AwaitingReview, func(r *rig) { settle(r); r.look(matches(fin("Approved"), mon)) },
			[]string{toSettled, toSettled, toSettled, stale, "-> awaiting_review", "-> awaiting_review", "-> ended", "-> awaiting_review"}},
		{journey.Expired, func(r *rig) {
			begun(r)
			r.now = r.now.Add(8 * day)
			r.look(journey.Verdict{System: "Incomplete", Final: "Incomplete"})
		},
			[]string{closing, closing, closing, closing, "-> awaiting_user_steps", closing, closing, "-> expired"}},
		{journey.Unknown, vanish,
			[]string{closing, closing, closing, closing, "-> awaiting_user_steps", closing, closing, "-> unknown"}},
		{journey.Ended, func(r *rig) { settle(r); r.act(journey.Act{Kind: journey.UpdateEnd}) },
			[]string{noMore, noMore, noMore, noMore, noMore, noMore, noMore, "-> ended"}},
		{journey.Erased, func(r *rig) {
			settle(r)
			r.act(journey.Act{Kind: journey.UpdateErase})
			r.in(journey.Input{Erased: &journey.EraseAnswer{}})
		}, []string{gone, gone, gone, gone, gone, gone, gone, gone}},
	} {
		for i, try := range tries {
			t.Run(string(c.phase)+"/"+try.name, func(t *testing.T) {
				r := newRig(t)
				r.p.Steps = []journey.StepPolicy{{Name: "employer", Activity: "LookUpEmployer", When: journey.WhenAlways,
					OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview}}
				c.reach(r)
				if r.s.Phase != c.phase {
					t.Fatalf("in phase %s, want %s", r.s.Phase, c.phase)
				}
				if got := r.try(try.in(r.s)); got != c.want[i] {
					t.Errorf("got %q, want %q", got, c.want[i])
				}
			})
		}
	}
}

// try says why an act is refused, or the phase that it leads to at once. An act that
// is refused, and told all the same, changes nothing.
func (r *rig) try(in journey.Input) string {
	r.t.Helper()
	refused := error(nil)
	if in.Reviewed != nil {
		refused = r.s.CheckReview(*in.Reviewed)
	} else {
		refused = r.s.CheckAct(*in.Acted)
	}
	before, standing := r.s.Phase, r.s.Standing
	r.s, r.out = journey.Apply(r.s, in, r.now)
	if refused == nil {
		return "-> " + string(r.s.Phase)
	}
	if r.s.Phase != before || r.s.Standing != standing || len(r.out) > 0 {
		r.t.Errorf("refused, and yet in phase %s with %d effects", r.s.Phase, len(r.out))
	}
	return refused.Error()
}

func begun(r *rig) {
	r.look(journey.Verdict{System: "Incomplete", Final: "Incomplete"})
}

// stepRuns lets the user finish their steps, so that the custom step is under way.
func (r *rig) stepRuns() {
	r.event(journey.FinishedUserSteps, journey.Hint{})
	r.fetched(submitted())
}

// stepAnswers lets it answer, and IDWise take Complete Custom Step.
func (r *rig) stepAnswers(o journey.StepOutcome) {
	r.stepRuns()
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "employer", Answer: journey.StepAnswer{Outcome: o, Subject: "s1"}}})
	r.in(journey.Input{Completed: &journey.CompleteAnswer{}})
}

func settle(r *rig) {
	begun(r)
	r.stepAnswers(journey.StepPassed)
	r.look(fin("Approved"))
}

func vanish(r *rig) {
	r.event(journey.UpdatedJourney, journey.Hint{})
	for r.s.Phase != journey.Unknown && r.s.Counts.Fetches < 10 {
		r.answered(journey.FetchAnswer{Problem: journey.ProblemMissing})
		r.now = r.s.Look.At
		r.in(journey.Input{Tick: true})
	}
}

// What every act needs, whatever the phase.
func TestAnActWithoutItsFieldsIsRefused(t *testing.T) {
	r := newRig(t)
	r.look(fin("Approved"))
	long := string(make([]byte, 501))
	for _, c := range []struct {
		act  journey.Act
		want string
	}{
		{journey.Act{Kind: journey.UpdateRefresh, Reason: "r"}, "an act needs an actor and a reason"},
		{journey.Act{Kind: journey.UpdateRefresh, Actor: "a"}, "an act needs an actor and a reason"},
		{journey.Act{Kind: journey.UpdateRefresh, Actor: "a", Reason: long}, "the reason is too long: at most 500 bytes"},
		{journey.Act{Kind: "dance", Actor: "a", Reason: "r"}, "there is no such act"},
		{journey.Act{Kind: journey.UpdateOverride, Actor: "a", Reason: "r", Outcome: journey.OutcomeExpired, Sequence: 1}, "an override's outcome is approved, rejected or on_hold"},
		{journey.Act{Kind: journey.UpdateOverride, Actor: "a", Reason: "r", Outcome: journey.OutcomeApproved, Sequence: 1}, "the standing has this outcome already"},
		{journey.Act{Kind: journey.UpdateRetryStep, Actor: "a", Reason: "r", Step: "none"}, "the journey's policy has no such custom step"},
	} {
		if got := r.try(journey.Input{Acted: &c.act}); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.act, got, c.want)
		}
	}
	r.act(journey.Act{Kind: journey.UpdateErase})
	if got := r.try(act(journey.Act{Kind: journey.UpdateErase})(r.s)); got != "the erasure is under way" {
		t.Errorf("a second erasure: %q", got)
	}
}

// A step's service answers while the step is still asking it.
func TestAnAnswerAnnouncedWhileTheStepRunsIsAskedForAtOnce(t *testing.T) {
	r := newRig(t)
	r.p.Steps = []journey.StepPolicy{{Name: "employer", Activity: "LookUpEmployer", When: journey.WhenAlways,
		OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview, AnswerWithin: journey.Duration(72 * time.Hour)}}
	r.stepRuns()
	r.event(journey.StepAnswered, journey.Hint{Step: "employer"})
	out := r.in(journey.Input{Stepped: &journey.Stepped{Step: "employer", Answer: journey.StepAnswer{Outcome: journey.StepPending}}})
	if r.s.Steps.Running != "employer" || r.s.Steps.Waiting != "" || len(out) == 0 || out[0].Kind != journey.EffectStep {
		t.Fatalf("the announced answer is not asked for: %s", r.s.Describe())
	}
	r.in(journey.Input{Stepped: &journey.Stepped{Step: "employer", Answer: journey.StepAnswer{Outcome: journey.StepPassed, Subject: "s1"}}})
	if !r.s.Steps.Completing {
		t.Errorf("the answer leads to nothing: %s", r.s.Describe())
	}
}

// Who may not see AML neither ends a hold, nor an alert, nor approves by an override.
func TestAnActorWithoutAMLReadEndsNoHoldAndNoAlert(t *testing.T) {
	const hold = "ending a hold, or approving by an override, needs the scope aml:read"
	hidden := func(in journey.Input) journey.Input {
		if in.Reviewed != nil {
			in.Reviewed.AMLHidden = true
		} else {
			in.Acted.AMLHidden = true
		}
		return in
	}
	held := newRig(t)
	held.p.Steps = []journey.StepPolicy{{Name: "employer", Activity: "LookUpEmployer", When: journey.WhenAlways,
		OnFailed: journey.MeansReview, OnInconclusive: journey.MeansReview}}
	settle(held)
	held.look(matches(fin("Approved"), mon))
	alerts := len(held.s.AML.Alerts)
	for i, want := range []string{hold, hold, hold, hold, "-> awaiting_review", "-> awaiting_review", hold} {
		r := *held
		if got := r.try(hidden(tries[i].in(r.s))); got != want {
			t.Errorf("%s on hold: got %q, want %q", tries[i].name, got, want)
		}
		if len(r.s.AML.Alerts) != alerts || r.s.Standing.Outcome != journey.OutcomeOnHold {
			t.Errorf("%s on hold: %d alerts, standing %s", tries[i].name, len(r.s.AML.Alerts), r.s.Standing.Outcome)
		}
	}

	// An alert that holds nothing: a match that was accepted has gone.
	approved := newRig(t)
	approved.look(matches(fin("Approved"), plain))
	approved.now = approved.now.Add(time.Minute)
	approved.look(matches(fin("Approved")))
	if len(approved.s.AML.Alerts) != 1 || approved.s.Standing.Outcome != journey.OutcomeApproved {
		t.Fatalf("%d alerts, standing %s", len(approved.s.AML.Alerts), approved.s.Standing.Outcome)
	}
	for _, c := range []struct {
		in     journey.Input
		want   string
		alerts int
	}{
		{hidden(tries[1].in(approved.s)), noAlert, 1},
		{hidden(tries[2].in(approved.s)), toSettled, 1},
		{tries[2].in(approved.s), toSettled, 0},
	} {
		r := *approved
		if got := r.try(c.in); got != c.want || len(r.s.AML.Alerts) != c.alerts {
			t.Errorf("%+v: got %q with %d alerts, want %q with %d", c.in, got, len(r.s.AML.Alerts), c.want, c.alerts)
		}
	}
	r := *approved
	r.look(fin("Rejected"))
	if got := r.try(hidden(act(journey.Act{Kind: journey.UpdateOverride, Outcome: journey.OutcomeApproved})(r.s))); got != hold {
		t.Errorf("approving: got %q, want %q", got, hold)
	}
}
