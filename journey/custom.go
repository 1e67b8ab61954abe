package journey

import (
	"slices"
	"time"
)

const (
	// maxReruns bounds how often steps run again for a subject that will not hold
	// still; after that the last answer stands, and counts as judged_other.
	maxReruns  = 3
	maxSubject = 128
)

// advance moves the journey on as far as the last verdict carries: to the custom
// steps, to Complete Custom Step, to the vendor's result and what it means.
func (s *State) advance(now time.Time) []Effect {
	v := s.Verdict
	switch {
	case v == nil || s.busy() || s.Closed():
		return nil
	case v.finished() && s.answersVoid(*v):
		return s.runCustomSteps(now)
	case v.finished():
		return s.conclude(now, nil)
	case s.openedAgain():
		return s.reopened(now)
	case s.Steps.Completed:
		s.enter(AwaitingResult, now)
		return nil
	case s.userStepsFinished(*v, now):
		return s.runCustomSteps(now)
	}
	if expires := s.expiresAt(); !expires.IsZero() && !now.Before(expires) && !s.unseen(now) {
		return s.expire(now)
	}
	return nil
}

// busy says that something of ours is under way, or announced, that comes first.
func (s *State) busy() bool {
	return s.Steps.Running != "" || s.Steps.Waiting != "" || s.Steps.Completing || s.Erasing
}

// decidedBefore says that there is a standing which an open journey must have had
// a finished verdict for; an expired one never had.
func (s *State) decidedBefore() bool {
	return s.Standing.Outcome != "" && s.Standing.Outcome != OutcomeExpired
}

// userStepsFinished believes Finished User Steps when the result shows what the
// policy lists. Without the webhook it takes a silence on top, because the same
// result is also seen while the user is still busy with a last step.
func (s *State) userStepsFinished(v Verdict, now time.Time) bool {
	silence := s.Look.Silent > 0 && !now.Before(s.Since.Add(s.patience()))
	return v.shows(s.Policy.UserSteps) && (s.Steps.UserStepsHinted || silence)
}

// runCustomSteps starts the next custom step that has no answer for the present
// subject, and after the last one calls the vendor's Complete Custom Step,
// whatever the answers were, so that no journey hangs at the vendor.
func (s *State) runCustomSteps(now time.Time) []Effect {
	s.Steps.UserStepsHinted = true // from here on they are believed, whatever the result takes back
	if s.Steps.Reruns < maxReruns {
		s.Steps.Runs = slices.DeleteFunc(s.Steps.Runs, func(r StepRun) bool { return r.judgedOther(*s.Verdict) })
	}
	for _, step := range s.Policy.Steps {
		if s.run(step.Name) != nil || s.Verdict.finished() && step.ShownBy != "" {
			continue // answered, or asked of a vendor that takes nothing any more
		}
		if step.When == WhenRulesPassed && len(s.Verdict.FailedRules) > 0 {
			s.Steps.Runs = append(s.Steps.Runs, StepRun{Name: step.Name, Outcome: StepSkipped, Reason: "rules_failed", Subject: s.Verdict.Subject})
			continue
		}
		s.pause(CustomSteps, now)
		return s.runStep(step)
	}
	if s.Verdict.finished() {
		return s.conclude(now, nil)
	}
	if len(s.Policy.Steps) == 0 && !s.Policy.HasCustomStep {
		s.enter(AwaitingResult, now)
		return nil
	}
	s.pause(CustomSteps, now)
	s.Steps.Completing = true
	return []Effect{{Kind: EffectComplete, Lane: LaneVendor, Complete: &CompleteInput{Account: s.Account, JourneyID: s.JourneyID}}}
}

// onStepped takes a custom step's answer. An answer that is none of the three is
// inconclusive: a step passes only by saying so.
func (s *State) onStepped(in Stepped, now time.Time) []Effect {
	if s.Steps.Running != in.Step {
		return nil
	}
	s.Steps.Running = ""
	if s.over() {
		return nil
	}
	answer := in.Answer
	if answer.Outcome == StepPending {
		if s.Steps.WaitUntil.IsZero() || now.Before(s.Steps.WaitUntil) {
			return s.awaitAnswer(in.Step, now)
		}
		answer = StepAnswer{Outcome: StepInconclusive, Reason: "no_answer", Subject: answer.Subject}
	}
	s.Steps.WaitUntil, s.Steps.Announced = time.Time{}, ""
	switch answer.Outcome {
	case StepPassed, StepFailed, StepInconclusive:
	default:
		answer.Outcome, answer.Reason = StepInconclusive, "bad_answer"
	}
	if answer.Reason != "" && !IsCode(answer.Reason) || len(answer.Subject) > maxSubject {
		answer.Reason = "bad_reason" // it may be a person's data: it goes no further
	}
	run := StepRun{Name: in.Step, Outcome: answer.Outcome, Reason: answer.Reason, Subject: answer.Subject[:min(len(answer.Subject), maxSubject)]}
	s.Steps.Runs = append(s.Steps.Runs, run)
	if s.Verdict != nil && run.judgedOther(*s.Verdict) && s.Steps.Reruns < maxReruns {
		// What it judged is not what we know: look before it is run again.
		s.Steps.Reruns++
		s.Look.wish(now, false)
		return nil
	}
	return s.settleLook(s.advance(now), now)
}

// onCompleted takes the answer of Complete Custom Step. A refused call is tried
// again after the next look that still shows the journey open.
func (s *State) onCompleted(a CompleteAnswer, now time.Time) []Effect {
	if !s.Steps.Completing {
		return nil
	}
	s.Steps.Completing = false
	if s.over() {
		return nil
	}
	var effects []Effect
	if a.Problem == "" {
		s.Steps.Completed = true
		s.clear(AttentionCompleteFailed)
	} else {
		effects = s.raise(AttentionCompleteFailed, a.Problem, now)
	}
	s.enter(AwaitingResult, now)
	if s.Verdict != nil && s.Verdict.finished() {
		effects = append(effects, s.advance(now)...)
	}
	return s.settleLook(effects, now)
}

// settleLook makes sure that a journey which stopped moving has its deadline,
// unless an earlier look is wished or under way.
func (s *State) settleLook(effects []Effect, now time.Time) []Effect {
	if !s.Look.UnderWay && s.Look.At.IsZero() && s.Look.WishAt.IsZero() {
		s.Look.At = s.silenceEnds(now)
	}
	return effects
}

func (s *State) run(name string) *StepRun {
	for i := range s.Steps.Runs {
		if s.Steps.Runs[i].Name == name {
			return &s.Steps.Runs[i]
		}
	}
	return nil
}

// judgedOther says that the answer was given for something else than what the
// verdict shows now, for example for a selfie that has been submitted again.
func (r StepRun) judgedOther(v Verdict) bool {
	return r.Subject != "" && v.Subject != "" && r.Subject != v.Subject
}
