package journey

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"
)

// ruling is one line of a list that says whether an act is possible: the first that
// applies counts. Its sentence, which the operator reads, refuses the act; without one the
// act is possible.
type ruling struct {
	applies  bool
	sentence string
}

// check is why an act is refused, nil if it is possible.
func check(rulings []ruling) error {
	at := slices.IndexFunc(rulings, func(r ruling) bool { return r.applies })
	if at < 0 || rulings[at].sentence == "" {
		return nil
	}
	return errors.New(rulings[at].sentence)
}

// maxReason bounds, in characters, what a person writes: every copy of the decision has it.
const maxReason = 500

// Refusals of more than one act.
const (
	refusedClosed = "the journey's workflow is about to close: a later event, or a refresh, opens it again"
	refusedEnded  = "the relationship has ended: nothing but erasure is left"
	refusedErased = "the journey has been erased"
	refusedLong   = "the reason is too long: at most 500 bytes"
	refusedHidden = "ending a hold, or approving by an override, needs the scope aml:read"
)

// CheckReview says why a person's decision cannot be taken now; nil if it can.
func (s State) CheckReview(r Reviewed) error {
	alert := s.AML.alert(r.Review) != nil && !r.AMLHidden
	disposed := r.Disposition == TrueMatch || r.Disposition == FalsePositive || r.Disposition == AcceptedMatch
	var open Review
	if s.Reviews.Open != nil {
		open = *s.Reviews.Open
	}
	return check([]ruling{
		{s.Phase == Erased, refusedErased},
		{s.Phase == Ended, refusedEnded},
		{s.Closed(), refusedClosed},
		{r.Actor == "" || r.Reason == "", "a review's decision needs an actor and a reason"},
		{utf8.RuneCountInString(r.Reason) > maxReason, refusedLong},
		{r.AMLHidden && s.Standing.Outcome == OutcomeOnHold, refusedHidden},
		{alert && !disposed, "an AML alert ends as true_match, false_positive or accepted"},
		{alert, ""},
		{r.Disposition != "", "the journey has no such AML alert open"},
		{open.ID == "" && s.Phase == AwaitingResubmission, "the review is paused while the user has something to submit again"},
		{open.Kind != ReviewLocal, "the journey has no local review open: a vendor review is decided in the vendor's dashboard"},
		{r.Review != open.ID, "the review has changed since it was looked at: look again and name the one that is open now"},
		{r.Outcome != OutcomeApproved && r.Outcome != OutcomeRejected, "a review ends in approved or rejected"},
	})
}

// CheckAct says why an operator's act cannot be done now; nil if it can.
func (s State) CheckAct(a Act) error {
	override, retry := a.Kind == UpdateOverride, a.Kind == UpdateRetryStep
	hides := a.Outcome == OutcomeApproved || s.Standing.Outcome == OutcomeOnHold && !retry
	outcome := a.Outcome == OutcomeApproved || a.Outcome == OutcomeRejected || a.Outcome == OutcomeOnHold
	early := s.Verdict == nil || !s.Verdict.finished() && !s.Standing.decided()
	step, declared := s.Policy.step(a.Step)
	answered := s.Verdict != nil && s.Phase == AwaitingReview && s.Steps.run(a.Step) != nil
	return check([]ruling{
		{a.Actor == "" || a.Reason == "", "an act needs an actor and a reason"},
		{utf8.RuneCountInString(a.Reason) > maxReason, refusedLong},
		{s.Phase == Erased, refusedErased},
		{a.Kind == UpdateErase && s.Erasing, "the erasure is under way"},
		{a.Kind == UpdateErase, ""},
		{s.Phase == Ended, refusedEnded},
		{a.Kind == UpdateRefresh, ""},
		{s.Closed(), refusedClosed},
		{a.AMLHidden && hides, refusedHidden},
		{a.Kind == UpdateEnd, ""},
		{!override && !retry, "there is no such act"},
		{override && !outcome, "an override's outcome is approved, rejected or on_hold"},
		{override && a.Sequence != s.Standing.Sequence, "the standing has changed since it was looked at: look again and name its sequence"},
		{override && a.Outcome == s.Standing.Outcome, "the standing has this outcome already"},
		{override && early, "IDWise has not finished this journey: there is nothing to override yet"},
		{retry && !declared, "the journey's policy has no such custom step"},
		{s.Steps.busy(), "a custom step is under way: wait for its answer"},
		{retry && !answered, "a step is run again while a person has to decide, and only one that has answered"},
		{retry && step.ShownBy != "", "this step submits to IDWise, which takes nothing after Complete Custom Step"},
	})
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
