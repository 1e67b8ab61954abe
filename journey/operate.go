package journey

import (
	"slices"
	"time"
	"unicode/utf8"
)

// CheckReview says why a person's decision cannot be taken now; nil if it can.
func (s State) CheckReview(r Reviewed) error {
	alert := s.alert(r.Review) != nil && !r.AMLHidden
	switch {
	case s.Phase == Erased:
		return errErased
	case s.Phase == Ended:
		return errEnded
	case s.Closed():
		return errClosed
	case r.Actor == "" || r.Reason == "":
		return errReviewActor
	case utf8.RuneCountInString(r.Reason) > maxReason:
		return errReasonLong
	case r.AMLHidden && s.Standing.Outcome == OutcomeOnHold:
		return errHoldHidden
	case alert && r.Disposition != TrueMatch && r.Disposition != FalsePositive && r.Disposition != AcceptedMatch:
		return errDisposition
	case alert:
		return nil
	case r.Disposition != "":
		return errNoAlert
	case s.Reviews.Open == nil && s.Phase == AwaitingResubmission:
		return errReviewPaused
	case s.Reviews.Open == nil || s.Reviews.Open.Kind != ReviewLocal:
		return errNoLocalReview
	case r.Review != s.Reviews.Open.ID:
		return errOtherReview
	case r.Outcome != OutcomeApproved && r.Outcome != OutcomeRejected:
		return errReviewOutcome
	default:
		return nil
	}
}

// maxReason bounds, in characters, what a person writes: it is kept in every copy of the decision.
const maxReason = 500

// onReviewed takes a person's decision on a local review, or on an AML alert.
// Approving accepts the AML matches that the person had before them.
func (s *State) onReviewed(r Reviewed, now time.Time) []Effect {
	if s.CheckReview(r) != nil {
		return nil
	}
	if s.alert(r.Review) != nil {
		return s.dispose(r, now)
	}
	return s.decideBy(Act{Outcome: r.Outcome, Actor: r.Actor, Reason: r.Reason, AMLHidden: r.AMLHidden}, now)
}

// decideBy makes a person's decision, which ends everything that waited for one.
func (s *State) decideBy(a Act, now time.Time) []Effect {
	s.Reviews.Open, s.Reviews.Clock, s.Reviews.SpotFailed = nil, Clock{}, ""
	if a.Outcome != OutcomeOnHold && !a.AMLHidden {
		s.AML.Alerts = nil
	}
	s.clear(AttentionUnknownValue)
	s.forgetMissed(now)
	switch {
	case s.Rounds.Open == nil || s.Rounds.Open.Missed:
		s.enter(Settled, now)
	case s.Phase == AwaitingReview:
		s.enter(AwaitingResubmission, now)
	}
	j := Judgement{Outcome: a.Outcome, Source: SourceOperator, Reasons: []string{a.Reason}, By: a.Actor}
	effects := s.decide(j, a.Actor, now)
	if a.Outcome == OutcomeOnHold && s.Phase == Settled {
		s.enter(AwaitingReview, now)
		effects = append(effects, s.openReview(Judgement{Review: ReviewLocal, Reason: reasonHeld}, now)...)
	}
	return s.settleLook(effects, now)
}

// CheckAct says why an operator's act cannot be done now; nil if it can.
func (s State) CheckAct(a Act) error {
	switch {
	case a.Actor == "" || a.Reason == "":
		return errActActor
	case utf8.RuneCountInString(a.Reason) > maxReason:
		return errReasonLong
	case s.Phase == Erased:
		return errErased
	case a.Kind == UpdateErase && s.Erasing:
		return errErasing
	case a.Kind == UpdateErase:
		return nil
	case s.Phase == Ended:
		return errEnded
	case a.Kind == UpdateRefresh:
		return nil
	case s.Closed():
		return errClosed
	case a.AMLHidden && (a.Outcome == OutcomeApproved || s.Standing.Outcome == OutcomeOnHold && a.Kind != UpdateRetryStep):
		return errHoldHidden
	}
	switch a.Kind {
	case UpdateOverride:
		return s.checkOverride(a)
	case UpdateRetryStep:
		return s.checkRetry(a)
	case UpdateEnd:
		return nil
	default:
		return errNoSuchAct
	}
}

func (s State) checkOverride(a Act) error {
	switch {
	case a.Outcome != OutcomeApproved && a.Outcome != OutcomeRejected && a.Outcome != OutcomeOnHold:
		return errOverrideOutcome
	case a.Sequence != s.Standing.Sequence:
		return errOverrideStale
	case a.Outcome == s.Standing.Outcome:
		return errOverrideSame
	case s.Verdict == nil || !s.Verdict.finished() && !s.decidedBefore():
		return errOverrideEarly
	case s.Steps.Running != "" || s.Steps.Waiting != "" || s.Steps.Completing:
		return errStepRunning
	default:
		return nil
	}
}

func (s State) checkRetry(a Act) error {
	step, declared := s.stepPolicy(a.Step)
	switch {
	case !declared:
		return errNoSuchStep
	case s.Steps.Running != "" || s.Steps.Waiting != "" || s.Steps.Completing:
		return errStepRunning
	case s.Verdict == nil || s.Phase != AwaitingReview || !slices.ContainsFunc(s.Steps.Runs, func(r StepRun) bool { return r.Name == a.Step }):
		return errRetryPhase
	case step.ShownBy != "":
		return errRetrySubmitted
	default:
		return nil
	}
}

// onAct does what an operator asks.
func (s *State) onAct(a Act, now time.Time) []Effect {
	if s.CheckAct(a) != nil {
		return nil
	}
	switch a.Kind {
	case UpdateOverride:
		return s.decideBy(a, now)
	case UpdateRefresh:
		s.clear(AttentionHintMismatch, AttentionHintsOverBudget, AttentionQuarantined, AttentionDeliveryParked, AttentionAMLGap)
		s.reopen(now)
		s.Look.wish(now, false)
		return nil
	case UpdateRetryStep:
		step, _ := s.stepPolicy(a.Step)
		s.Steps.Runs = slices.DeleteFunc(s.Steps.Runs, func(r StepRun) bool { return r.Name == a.Step })
		s.Steps.Retries++
		return s.runStep(step)
	case UpdateEnd:
		s.end(Ended, now)
		return nil
	default: // erase
		s.Erasing = true
		return []Effect{{Kind: EffectErase, Lane: LaneErase, Erase: &EraseInput{Account: s.Account, JourneyID: s.JourneyID}}}
	}
}

// onErased takes the answer of the erasure. What could not be erased needs a person.
func (s *State) onErased(a EraseAnswer, now time.Time) []Effect {
	if !s.Erasing {
		return nil
	}
	s.Erasing = false
	if a.Problem != "" {
		detail := a.Problem
		if !IsCode(detail) {
			detail = ""
		}
		return s.settleLook(s.raise(AttentionEraseFailed, detail, now), now)
	}
	if s.Policy.Version == "" {
		s.Policy.Endpoints = a.Endpoints
	}
	s.end(Erased, now)
	s.ReferenceHash, s.Verdict = "", nil
	return s.publish(Message{ID: messageID("era", s.Account, s.JourneyID), Type: MessageErased}, now)
}

// end is for good: nothing of a journey that is over wakes it again.
func (s *State) end(p Phase, now time.Time) {
	s.Reviews.Open, s.Reviews.Clock, s.AML.Alerts, s.Rounds.Open, s.Attention = nil, Clock{}, nil, nil, nil
	s.Look.Claim, s.Look.At, s.Look.WishAt, s.Steps.Waiting, s.Steps.WaitUntil = Claim{}, time.Time{}, time.Time{}, "", time.Time{}
	s.enter(p, now)
}
