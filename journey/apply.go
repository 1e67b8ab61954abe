// Package journey is the life of one identity verification as a pure function:
// Apply(state, input, now) -> (state, effects). It knows no Temporal, no clock and
// no I/O, so that the same facts lead to the same end in any order.
//
// The vendor's sequence: Finished User Steps arrives, the result is fetched, the custom
// steps run, Complete Custom Step is called, Finished Journey arrives, the result is
// fetched again and decided. A webhook is only a hint to fetch (event.go). What counts
// is what the API then answers (look.go), what the custom steps found (steps.go) and
// what both mean under the policy (precedence.go, decision.go).
package journey

import "time"

// Apply takes one input. It never fails and never changes its arguments: what it does
// not understand it counts and ignores.
func Apply(s State, in Input, now time.Time) (State, []Effect) {
	s = s.clone()
	var effects []Effect
	switch {
	case in.Event != nil:
		effects = s.onEvent(*in.Event, now)
	case in.Fetched != nil:
		effects = s.onFetched(*in.Fetched, now)
	case in.Stepped != nil:
		effects = s.onStepped(*in.Stepped, now)
	case in.Completed != nil:
		effects = s.onCompleted(*in.Completed, now)
	case in.Published != nil:
		effects = s.onPublished(*in.Published, now)
	case in.Reviewed != nil:
		effects = s.onReviewed(*in.Reviewed, now)
	case in.Acted != nil:
		effects = s.onAct(*in.Acted, now)
	case in.AMLFetched != nil:
		effects = s.onAMLHistory(*in.AMLFetched, now)
	case in.Erased != nil:
		effects = s.onErased(*in.Erased, now)
	case in.Quarantined != "":
		s.Counts.Quarantined++
		effects = s.raise(AttentionQuarantined, in.Quarantined, now)
		s.Look.wish(now, false) // the signal was about this journey
	case in.Tick:
		effects = s.onTick(now)
	}
	effects = s.publishSnapshot(effects, now)
	for i := range effects {
		if p := effects[i].Publish; p != nil {
			// All messages of one input carry the phase that it led to, so that they say
			// the same in whatever order they reach the ledger.
			p.Message.Phase = s.Phase
		}
	}
	s.LastEffect = number(effects, s.LastEffect, s.Start(), s.Look.Causes)
	return s, effects
}

// onTick does what is due. Only a tick starts a fetch, so that all events which
// arrived together share one.
func (s *State) onTick(now time.Time) []Effect {
	effects := s.climb(now)
	if s.Steps.Waiting != "" && !now.Before(s.Steps.WaitUntil) { // ask for the last time
		effects = append(effects, s.askWaiting(s.Steps.Waiting, now)...)
	}
	if s.Closed() || s.Look.UnderWay {
		return effects
	}
	fetch, hinted, postponed := s.Look.due(s.Policy.Hints, now)
	if postponed {
		effects = append(effects, s.raise(AttentionHintsOverBudget, "", now)...)
	}
	if !fetch {
		return effects
	}
	s.Look.begin()
	s.Counts.Fetches++
	return append(effects, Effect{Kind: EffectFetch, Lane: LaneVendor, Fetch: &FetchInput{
		Phase: s.Phase, At: now, WantBaseline: s.Standing.Sequence == 0, Hinted: hinted, Clock: s.Reviews.Clock,
	}})
}

// advance moves the journey on as far as the last verdict carries: to the custom
// steps, to Complete Custom Step, to the vendor's result and what it means.
func (s *State) advance(now time.Time) []Effect {
	v := s.Verdict
	switch {
	case v == nil || s.busy() || s.Closed():
		return nil
	case v.finished() && s.Rounds.Number > 0 && s.Steps.lackAnswers(s.Policy.Steps, *v):
		return s.runCustomSteps(now)
	case v.finished():
		return s.conclude(now, nil)
	case s.openedAgain():
		return s.continueReopened(now)
	case s.Steps.Completed:
		s.enter(AwaitingResult, now)
		return nil
	case s.userStepsFinished(*v, now):
		return s.runCustomSteps(now)
	}
	if expires := s.expiresAt(); !expires.IsZero() && !now.Before(expires) && !s.Look.uncovered(s.Policy.Hints, now) {
		return s.expire(now)
	}
	return nil
}

// busy says that something of ours is under way, or announced, that comes first.
func (s *State) busy() bool { return s.Steps.busy() || s.Erasing }

// enter changes the phase; entering the present one changes nothing.
func (s *State) enter(p Phase, now time.Time) {
	if s.Phase == p {
		return
	}
	s.Phase, s.Since, s.Look.Silent, s.Look.At = p, now, 0, time.Time{}
}

// pause enters a phase in which the user is asked or a step runs: the review rests, and
// its clock stands still.
func (s *State) pause(p Phase, now time.Time) {
	s.Reviews.pause()
	s.enter(p, now)
}
