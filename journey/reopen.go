package journey

import "time"

// forgetMissed drops a missed request that a person has decided about, so that the
// next one is told and counted anew; not while the vendor still asks. Of webhooks that
// the API does not confirm, a person hears once in the declared time.
func (s *State) forgetMissed(now time.Time) {
	if at := s.unconfirmedAt(); !at.IsZero() {
		if !now.Before(at) {
			s.Rounds.RenewalQuiet = now.Add(time.Duration(s.Policy.Renewal.Within))
		}
		s.Rounds.Exceeded = nil
		if s.Rounds.Asked != nil && s.Rounds.Asked.Kind == KindRenewal {
			s.Rounds.Asked = nil
		}
	}
	r, v := s.Rounds.Open, s.Verdict
	if r != nil && r.Missed && v != nil && v.finished() && !v.asksAgain() {
		s.Rounds.Open, s.Rounds.Exceeded = nil, nil
	}
}

// reopened is where a journey stands that the vendor has open again. The standing
// stays until a new decision.
func (s *State) reopened(now time.Time) []Effect {
	var effects []Effect
	if j := s.afterMatch(Judgement{}, basis{verdict: *s.Verdict}); j.Outcome != "" {
		effects = s.decide(j, "", now)
	}
	return append(effects, s.proceed(now)...)
}

// proceed goes on with what was asked for and submitted.
func (s *State) proceed(now time.Time) []Effect {
	r := s.Rounds.Open
	switch {
	case r == nil: // nothing is asked of anybody: the vendor is at work
		s.pause(AwaitingResult, now)
		return nil
	case r.submitted(*s.Verdict) && !s.Steps.Completed && (len(r.Steps) == 1 || s.userStepsFinished(*s.Verdict, now)):
		// All that was asked for is there, or no more has come for long enough: without
		// Complete Custom Step the vendor's journey might hang for ever.
		return s.runCustomSteps(now)
	case r.submitted(*s.Verdict):
		s.pause(AwaitingResult, now)
		return nil
	case r.Missed:
		return s.carryOut(s.weigh(nil, now), now)
	default:
		s.pause(AwaitingResubmission, now)
		return nil
	}
}

// pause lets the review rest while the user is asked or a step runs, and its clock
// stand still.
func (s *State) pause(p Phase, now time.Time) {
	if !s.Reviews.Clock.Since.IsZero() {
		s.Reviews.Clock = Clock{Spent: s.declared(LadderReview).Spent}
	}
	s.Reviews.Open = nil
	s.enter(p, now)
}

// submitUntil is the end of the time that the user has.
func (s *State) submitUntil() time.Time {
	if s.Phase != AwaitingResubmission || s.Rounds.Open == nil {
		return time.Time{}
	}
	return s.Rounds.Open.Until
}
