package journey

import "time"

// spotLookEvery spaces the looks of a spot check that is not shown, or not bound, once
// it has been asked about for as long as the policy says.
const spotLookEvery = 24 * time.Hour

// onFetched takes what was answered about the result, or about a person's link.
func (s *SpotState) onFetched(a SpotAnswer, now time.Time) []Effect {
	s.Look.UnderWay = false
	if a.Policy.Version != "" {
		s.Policy = a.Policy
	}
	if s.Linking {
		defer s.Look.coverLate(now)
		return s.onLinkAnswered(a, now)
	}
	if a.ReferenceHash != "" {
		s.ReferenceHash = a.ReferenceHash
	}
	if a.Problem != "" || a.Result == nil {
		s.onProblem(a.Problem, now)
		return nil
	}
	s.Look.MissingSince = time.Time{}
	if s.Result == nil || a.Result.finished() {
		s.Result = a.Result // what was finished stays so: a link rests on it
	}
	s.Attention.clear(AttentionVendorDenied, AttentionVendorUnreachable, AttentionVendorUnreadable, AttentionVendorMissing)
	if !a.Result.finished() {
		s.notShown(now)
		return nil
	}
	s.Attention.clear(AttentionHintMismatch)
	s.Look.Silent = 0
	defer s.Look.coverLate(now)
	return s.onFinished(a, now)
}

// onFinished decides what the result means, once it is known for whom.
func (s *SpotState) onFinished(a SpotAnswer, now time.Time) []Effect {
	s.Look.At = time.Time{}
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
	s.Look.At = now.Add(spotLookEvery) // its journey may be imported, or decided, meanwhile
	return s.hold(unbound, now)
}

// notShown asks again while the API does not show what the webhook said.
func (s *SpotState) notShown(now time.Time) {
	defer s.Look.coverLate(now)
	s.Look.Silent++
	if n := len(s.Policy.AskAgain); s.Look.Silent <= n {
		s.Look.At = now.Add(time.Duration(s.Policy.AskAgain[s.Look.Silent-1]))
		return
	}
	if s.Decision != nil { // it stands
		s.Look.At = time.Time{}
		return
	}
	s.Look.At = now.Add(spotLookEvery)
	s.Attention.raise(AttentionHintMismatch, "spot_check_not_shown", now)
}

// onProblem takes a fetch that brought no result.
func (s *SpotState) onProblem(p Problem, now time.Time) {
	seen := s.Result != nil || s.Decision != nil
	code, unknown := s.Look.onProblem(p, s.Policy, seen, s.Look.Dirty, now)
	if unknown {
		s.Unknown = true
		return
	}
	if code != "" {
		s.Attention.raise(code, "", now)
	}
	if p == ProblemMissing && s.Decision != nil { // it stands
		s.Look.At = time.Time{}
	}
	s.Look.Silent++
}
