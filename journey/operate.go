package journey

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"
)

// Why an operator's act is refused. Each is a whole sentence, which the operator reads.
var (
	errClosed          = errors.New("the journey's workflow is about to close: a later event, or a refresh, opens it again")
	errEnded           = errors.New("the relationship has ended: nothing but erasure is left")
	errErased          = errors.New("the journey has been erased")
	errErasing         = errors.New("the erasure is under way")
	errActActor        = errors.New("an act needs an actor and a reason")
	errReasonLong      = errors.New("the reason is too long: at most 500 bytes")
	errNoSuchAct       = errors.New("there is no such act")
	errNoLocalReview   = errors.New("the journey has no local review open: a vendor review is decided in the vendor's dashboard")
	errReviewPaused    = errors.New("the review is paused while the user has something to submit again")
	errOtherReview     = errors.New("the review has changed since it was looked at: look again and name the one that is open now")
	errReviewOutcome   = errors.New("a review ends in approved or rejected")
	errReviewActor     = errors.New("a review's decision needs an actor and a reason")
	errNoAlert         = errors.New("the journey has no such AML alert open")
	errHoldHidden      = errors.New("ending a hold, or approving by an override, needs the scope aml:read")
	errDisposition     = errors.New("an AML alert ends as true_match, false_positive or accepted")
	errOverrideOutcome = errors.New("an override's outcome is approved, rejected or on_hold")
	errOverrideStale   = errors.New("the standing has changed since it was looked at: look again and name its sequence")
	errOverrideSame    = errors.New("the standing has this outcome already")
	errOverrideEarly   = errors.New("IDWise has not finished this journey: there is nothing to override yet")
	errNoSuchStep      = errors.New("the journey's policy has no such custom step")
	errStepRunning     = errors.New("a custom step is under way: wait for its answer")
	errRetryPhase      = errors.New("a step is run again while a person has to decide, and only one that has answered")
	errRetrySubmitted  = errors.New("this step submits to IDWise, which takes nothing after Complete Custom Step")
)

// maxReason bounds, in characters, what a person writes: every copy of the decision has it.
const maxReason = 500

// CheckReview says why a person's decision cannot be taken now; nil if it can.
func (s State) CheckReview(r Reviewed) error {
	alert := s.AML.alert(r.Review) != nil && !r.AMLHidden
	open := s.Reviews.Open
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
	case open == nil && s.Phase == AwaitingResubmission:
		return errReviewPaused
	case open == nil || open.Kind != ReviewLocal:
		return errNoLocalReview
	case r.Review != open.ID:
		return errOtherReview
	case r.Outcome != OutcomeApproved && r.Outcome != OutcomeRejected:
		return errReviewOutcome
	default:
		return nil
	}
}

// onReviewed takes a person's decision on a local review, or on an AML alert.
// Approving accepts the AML matches that the person had before them.
func (s *State) onReviewed(r Reviewed, now time.Time) []Effect {
	if s.CheckReview(r) != nil {
		return nil
	}
	if s.AML.alert(r.Review) != nil {
		return s.dispose(r, now)
	}
	return s.decideBy(Act{Outcome: r.Outcome, Actor: r.Actor, Reason: r.Reason, AMLHidden: r.AMLHidden}, now)
}

// decideBy makes a person's decision, which ends everything that waited for one.
func (s *State) decideBy(a Act, now time.Time) []Effect {
	s.Reviews = Reviews{Ladders: s.Reviews.Ladders}
	if a.Outcome != OutcomeOnHold && !a.AMLHidden {
		s.AML.Alerts = nil
	}
	s.Attention.clear(AttentionUnknownValue)
	s.Rounds.forgetMissed(s.Verdict, s.Policy.Renewal, now)
	switch {
	case s.Rounds.Open == nil || s.Rounds.Open.Missed:
		s.enter(Settled, now)
	case s.Phase == AwaitingReview:
		s.enter(AwaitingResubmission, now)
	}
	effects := s.decide(Judgement{Outcome: a.Outcome, Source: SourceOperator, Reasons: []string{a.Reason}, By: a.Actor}, now)
	if a.Outcome == OutcomeOnHold && s.Phase == Settled {
		s.enter(AwaitingReview, now)
		effects = append(effects, s.openReview(Judgement{Review: ReviewLocal, Reason: reasonOperatorHold}, now)...)
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

func (s *State) checkOverride(a Act) error {
	switch {
	case a.Outcome != OutcomeApproved && a.Outcome != OutcomeRejected && a.Outcome != OutcomeOnHold:
		return errOverrideOutcome
	case a.Sequence != s.Standing.Sequence:
		return errOverrideStale
	case a.Outcome == s.Standing.Outcome:
		return errOverrideSame
	case s.Verdict == nil || !s.Verdict.finished() && !s.Standing.decided():
		return errOverrideEarly
	case s.Steps.busy():
		return errStepRunning
	default:
		return nil
	}
}

func (s *State) checkRetry(a Act) error {
	step, declared := s.Policy.step(a.Step)
	switch {
	case !declared:
		return errNoSuchStep
	case s.Steps.busy():
		return errStepRunning
	case s.Verdict == nil || s.Phase != AwaitingReview || s.Steps.run(a.Step) == nil:
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
		s.Attention.clear(AttentionHintMismatch, AttentionHintsOverBudget, AttentionQuarantined, AttentionDeliveryParked, AttentionAMLGap)
		s.reopen(now)
		s.Look.wish(now, false)
		return nil
	case UpdateRetryStep:
		s.Steps.Runs = slices.DeleteFunc(s.Steps.Runs, func(r StepRun) bool { return r.Name == a.Step })
		s.Steps.Retries++
		step, _ := s.Policy.step(a.Step)
		return s.askStep(step)
	case UpdateEnd:
		s.end(Ended, now)
		return nil
	default: // erase
		s.Erasing = true
		return []Effect{{Kind: EffectErase, Lane: LaneErase, Erase: &EraseInput{}}}
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
	return s.publish(Message{ID: s.id("era"), Type: MessageErased}, now)
}

// end is for good: nothing of a journey that has ended wakes it again.
func (s *State) end(p Phase, now time.Time) {
	s.Reviews.end()
	s.AML.Alerts, s.Rounds.Open, s.Attention = nil, nil, nil
	s.Look.Claim, s.Look.At, s.Look.WishAt = Claim{}, time.Time{}, time.Time{}
	s.Steps.Waiting, s.Steps.WaitUntil = "", time.Time{}
	s.enter(p, now)
}
