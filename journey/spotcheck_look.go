package journey

import "time"

// spotLookEvery spaces the looks of a spot check that is not shown, or not bound, once
// it has been asked about for as long as the policy says.
const spotLookEvery = 24 * time.Hour

// onFetched takes what was answered about the result, or about a person's link.
func (s *SpotState) onFetched(a SpotAnswer, now time.Time) []Effect {
	s.Looking = false
	if a.Policy.Version != "" {
		s.Policy = a.Policy
	}
	if s.Linking {
		defer s.coverLate(now)
		return s.onLinkAnswered(a, now)
	}
	if a.ReferenceHash != "" {
		s.ReferenceHash = a.ReferenceHash
	}
	if a.Problem != "" || a.Result == nil {
		s.onProblem(a.Problem, now)
		return nil
	}
	s.MissingSince = time.Time{}
	if s.Result == nil || a.Result.finished() {
		s.Result = a.Result // what was finished stays so: a link rests on it
	}
	s.clear(AttentionVendorDenied, AttentionVendorUnreachable, AttentionVendorUnreadable, AttentionVendorMissing)
	if !a.Result.finished() {
		s.notShown(now)
		return nil
	}
	s.clear(AttentionHintMismatch)
	s.Silent = 0
	defer s.coverLate(now)
	return s.onFinished(a, now)
}

// onFinished decides what the result means, once it is known for whom.
func (s *SpotState) onFinished(a SpotAnswer, now time.Time) []Effect {
	s.LookAt = time.Time{}
	switch {
	case s.Decision != nil: // it stands; that the vendor finds worse since goes to the journey's people
		return s.handOver()
	case a.Decided != nil:
		// Decided by an earlier run. What that run did is not done twice, since no id
		// changes; what it left undone is done now.
		s.settle(*a.Decided)
		return s.tell()
	}
	journeyID, by, unbound := a.Binding(s.Claimed)
	if unbound == "" {
		return s.decide(SpotDecision{JourneyID: journeyID, BoundBy: by}, now)
	}
	s.LookAt = now.Add(spotLookEvery) // its journey may be imported, or decided, meanwhile
	return s.hold(unbound, now)
}

// notShown asks again while the API does not show what the webhook said.
func (s *SpotState) notShown(now time.Time) {
	defer s.coverLate(now)
	s.Silent++
	if n := len(s.Policy.AskAgain); s.Silent <= n {
		s.LookAt = now.Add(time.Duration(s.Policy.AskAgain[s.Silent-1]))
		return
	}
	if s.Decision != nil { // it stands
		s.LookAt = time.Time{}
		return
	}
	s.LookAt = now.Add(spotLookEvery)
	s.raise(AttentionHintMismatch, "spot_check_not_shown", now)
}

// coverLate looks once more for a hint that came after the look was scheduled.
func (s *SpotState) coverLate(now time.Time) {
	if s.Dirty {
		s.Dirty, s.LookAt = false, now
	}
}

// onProblem takes a look that brought no result. A spot check that the vendor has
// denied knowing for long enough, and that was never seen, is unknown.
func (s *SpotState) onProblem(p Problem, now time.Time) {
	neverSeen := s.Result == nil && s.Decision == nil
	switch p {
	case ProblemMissing:
		if s.MissingSince.IsZero() {
			s.MissingSince = now
		}
		gone := s.MissingSince.Add(time.Duration(s.Policy.UnknownAfter))
		if neverSeen && !s.Dirty && s.Silent > 0 && !now.Before(gone) {
			s.Unknown = true
			return
		}
		if !neverSeen && s.MissingSince.Before(now) {
			s.raise(AttentionVendorMissing, "", now)
		}
	case ProblemDenied:
		s.raise(AttentionVendorDenied, "", now)
	case ProblemUnreadable:
		s.raise(AttentionVendorUnreadable, "", now)
	default:
		s.raise(AttentionVendorUnreachable, "", now)
	}
	if p != ProblemMissing { // only an unbroken row of the vendor's own word counts
		s.MissingSince = time.Time{}
	}
	s.LookAt = s.retryLook(p, neverSeen, now)
	if p == ProblemMissing && s.Decision != nil { // it stands
		s.LookAt = time.Time{}
	}
	s.Silent++
	s.coverLate(now)
}

// retryLook spaces the looks after a problem like those after an unconfirmed hint, and
// then at the last of these waits for ever.
func (s *SpotState) retryLook(p Problem, neverSeen bool, now time.Time) time.Time {
	wait := blindWait
	if n := len(s.Policy.AskAgain); n > 0 {
		wait = time.Duration(s.Policy.AskAgain[min(s.Silent, n-1)])
	}
	at := now.Add(wait)
	if gone := s.MissingSince.Add(time.Duration(s.Policy.UnknownAfter)); p == ProblemMissing && neverSeen && gone.After(now) && gone.Before(at) {
		return gone
	}
	return at
}
