package journey

import "time"

const (
	// maxSilence bounds the time between two looks of the journey's own accord.
	maxSilence = 24 * time.Hour
	// blindWait spaces the looks while no fetch has brought a policy yet.
	blindWait = 10 * time.Minute
)

// onFetched takes what the API answered.
func (s *State) onFetched(a FetchAnswer, now time.Time) []Effect {
	s.Looking = false
	if s.over() {
		return nil
	}
	// A problem's policy is the account's, not the flow's, and none at all when the
	// fetch itself was given up.
	if a.Policy.Version != "" && (a.Verdict != nil || s.Verdict == nil) {
		s.Policy = a.Policy
	}
	if a.Baseline != nil && s.Standing.Sequence == 0 {
		s.takeStanding(*a.Baseline)
	}
	if a.Problem != "" || a.Verdict == nil {
		return s.onProblem(a.Problem, now)
	}
	if a.ReferenceHash != "" {
		s.ReferenceHash = a.ReferenceHash
	}
	s.MissingSince = time.Time{}
	s.clear(AttentionVendorDenied, AttentionVendorUnreachable, AttentionVendorUnreadable, AttentionVendorMissing)

	effects := s.checkFlow(now)
	claimed := s.Claim.AML
	s.takeVerdict(*a.Verdict, now)
	s.takeLadders(a.Ladders)
	left := s.confirm(*s.Verdict)
	phase := s.Phase
	effects = append(effects, s.adopt(claimed, a.Known, now)...)
	effects = append(effects, s.onAML(claimed, now)...)
	effects = append(effects, s.takeRequests(now)...)
	effects = append(effects, s.advance(now)...)
	if s.Phase == phase {
		s.Silent++
	}
	return append(effects, s.lookAgain(left, now)...)
}

// takeStanding takes up the ledger's standing. What it rests on is not known here,
// so that only a person softens a rejection or lifts a hold.
func (s *State) takeStanding(ledger Standing) {
	s.Standing, s.Decided = ledger, nil
	if ledger.Outcome == OutcomeRejected || ledger.Outcome == OutcomeOnHold {
		s.Rejected = &Rejection{}
	}
}

// checkFlow calls a person as soon as a journey turns out to be of a flow that the
// account does not list: nothing of ours will complete its custom step, so the
// vendor may never finish it.
func (s *State) checkFlow(now time.Time) []Effect {
	if s.Policy.Unlisted {
		return s.raise(AttentionFlowUnlisted, "", now)
	}
	s.clear(AttentionFlowUnlisted)
	return nil
}

// lookAgain decides when the API is asked next, after an answer.
func (s *State) lookAgain(claimLeft bool, now time.Time) []Effect {
	s.LookAt = time.Time{}
	switch {
	case s.Closed():
		return nil
	case s.Dirty: // a hint came after this fetch was scheduled: the answer does not cover it
		s.Dirty, s.LookAt = false, now
		return nil
	case claimLeft && s.Claim.Tries < len(s.Policy.AskAgain):
		s.LookAt = now.Add(time.Duration(s.Policy.AskAgain[s.Claim.Tries]))
		s.Claim.Tries++
		return nil
	case claimLeft: // asked for long enough: the API is believed
		certain := s.Claim.certain()
		s.Claim = Claim{}
		s.Counts.HintMismatches++
		s.LookAt = s.silenceEnds(now)
		if !certain {
			return nil
		}
		return s.raise(AttentionHintMismatch, "", now)
	default:
		s.LookAt = s.silenceEnds(now)
		return nil
	}
}

// silenceEnds is when an open phase has been silent for too long; each silent
// look doubles the next wait. Zero while no answer of the vendor's is awaited.
func (s *State) silenceEnds(now time.Time) time.Time {
	var wait Duration
	switch {
	case s.busy():
		return time.Time{}
	case s.Phase == AwaitingUserSteps:
		wait = s.Policy.UserStepsWithin
	case s.Phase == AwaitingResult, s.Phase == CustomSteps: // the latter idles only if the result took back what it showed
		wait = s.Policy.ResultWithin
	case s.Phase == AwaitingReview, s.Phase == AwaitingResubmission:
		wait = s.Policy.ReviewLook
	}
	if wait <= 0 {
		return time.Time{}
	}
	d := doubled(time.Duration(wait), s.Silent-1)
	at := now.Add(d)
	for _, deadline := range []time.Time{s.expiresAt(), s.submitUntil()} {
		if deadline.After(now) && deadline.Before(at) {
			at = deadline
		}
	}
	return at
}

// expiresAt is when a journey that its user never finished is given up.
func (s *State) expiresAt() time.Time {
	if s.Phase != AwaitingUserSteps || s.Policy.ExpireAfter <= 0 {
		return time.Time{}
	}
	return s.OpenedAt.Add(time.Duration(s.Policy.ExpireAfter))
}

// onProblem takes a fetch that brought no verdict. Nothing is concluded from it,
// except that a journey which the vendor has denied knowing for long enough, and
// which was never seen, is unknown.
func (s *State) onProblem(p Problem, now time.Time) []Effect {
	var effects []Effect
	switch p {
	case ProblemMissing:
		if s.MissingSince.IsZero() {
			s.MissingSince = now
		}
		gone := s.MissingSince.Add(time.Duration(s.Policy.UnknownAfter))
		if s.neverSeen() && !s.Dirty && s.Silent > 0 && !now.Before(gone) {
			s.enter(Unknown, now)
			s.Claim = Claim{}
			return nil
		}
		if !s.neverSeen() && s.MissingSince.Before(now) {
			effects = s.raise(AttentionVendorMissing, "", now)
		}
	case ProblemDenied:
		effects = s.raise(AttentionVendorDenied, "", now)
	case ProblemUnreadable:
		effects = s.raise(AttentionVendorUnreadable, "", now)
	default:
		effects = s.raise(AttentionVendorUnreachable, "", now)
	}
	if p != ProblemMissing { // only an unbroken row of the vendor's own word counts
		s.MissingSince = time.Time{}
	}
	s.LookAt = s.retryLook(p, now)
	s.Silent++
	if s.Dirty {
		s.Dirty, s.LookAt = false, now
	}
	return effects
}

func (s *State) neverSeen() bool { return s.Verdict == nil && s.Standing.Sequence == 0 }

// retryLook spaces the looks after a problem like those after an unconfirmed
// claim, and then at the last of these waits for ever.
func (s *State) retryLook(p Problem, now time.Time) time.Time {
	wait := blindWait
	if n := len(s.Policy.AskAgain); n > 0 {
		wait = time.Duration(s.Policy.AskAgain[min(s.Silent, n-1)])
	}
	at := now.Add(wait)
	if p == ProblemMissing && s.neverSeen() {
		gone := s.MissingSince.Add(time.Duration(s.Policy.UnknownAfter))
		if gone.After(now) && gone.Before(at) {
			return gone
		}
	}
	return at
}

// doubled doubles a wait, up to maxSilence unless the declared wait is longer.
func doubled(wait time.Duration, times int) time.Duration {
	d := wait
	for ; times > 0 && d < maxSilence; times-- {
		d *= 2
	}
	return max(wait, min(d, maxSilence))
}
