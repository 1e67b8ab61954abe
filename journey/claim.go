package journey

import "time"

// Claim is what the hints so far say the API should show. It is a sum of all
// unconfirmed hints: confirming the most demanding one confirms them all.
type Claim struct {
	UserSteps bool `json:"userSteps,omitempty"`
	Finished  bool `json:"finished,omitempty"`
	Manual    bool `json:"manual,omitempty"`
	// AML is the claimed version of the AML record; AMLBefore is the fingerprint
	// the matches had when it was claimed, for results that carry no version.
	AML       int    `json:"aml,omitempty"`
	AMLBefore string `json:"amlBefore,omitempty"`
	// Again is true while a request to submit something again is not shown.
	Again bool `json:"again,omitempty"`
	// Changed is the fingerprint of the verdict at the time of a hint that told
	// other decisions than it. Such a hint may as well be old, so a claim of this
	// kind alone is worth asking again, but no person's attention.
	Changed string `json:"changed,omitempty"`
	// Tries counts the looks that did not show it.
	Tries int `json:"tries,omitempty"`
}

// onEvent takes a hint: it says what to look for, and that looking is due now.
func (s *State) onEvent(e Event, now time.Time) []Effect {
	s.Counts.Events++
	e.Hint = e.Hint.Known()
	if s.Look.duplicate(e) {
		s.Counts.Duplicates++
		return nil
	}
	switch {
	case s.over(), e.Type == FinishedStep, e.Type == FinishedSpotCheck:
		return nil
	case e.Type == StepAnswered:
		return s.onAnnounced(e.Hint.Step, now)
	}
	s.reopen(now)
	s.claim(e)
	s.Look.follow(e.TraceParent)
	s.Look.wish(now, e.fromVendor())
	return nil
}

// fromVendor says that the event came by the vendor's webhook, which whoever knows the
// secret can send.
func (e Event) fromVendor() bool {
	switch e.Type {
	case Refresh, Adopt, SpotCheckFailed:
		return false
	default:
		return true
	}
}

// reopen lets a closed journey go on.
func (s *State) reopen(now time.Time) {
	if s.Phase == Unknown || s.Phase == Expired {
		s.enter(AwaitingUserSteps, now)
		s.OpenedAt, s.Look.MissingSince = now, time.Time{}
	}
}

// claim is the one table of what confirms which event; an event that is not in
// it is a hint only: it causes one look and claims nothing.
func (s *State) claim(e Event) {
	switch e.Type {
	case FinishedUserSteps: // confirmed by the submitted steps in the result
		s.Steps.UserStepsHinted = true
		s.Look.Claim.UserSteps = true
	case FinishedJourney: // confirmed by a system decision
		s.Look.Claim.Finished = true
	case ManuallyReviewed: // confirmed by a manual decision
		s.Look.Claim.Manual = true
	case UpdatedJourney:
		if e.Hint.Action == "Manual Review" && e.Hint.Manual != "" {
			s.Look.Claim.Manual = true
		}
	case AMLMonitorUpdate: // confirmed by the version, or else by any change of the matches
		if n := e.Hint.AMLVersion; (n == 0 || n > s.AML.Version) && (s.Look.Claim.AMLBefore == "" || n > s.Look.Claim.AML) {
			s.Look.Claim.AML, s.Look.Claim.AMLBefore = n, s.amlFingerprint()
		}
	case VerificationUpdateRequired: // confirmed by a reviewer's decision, an open journey, something that is lacking
		s.ask(e)
	case KYCRenewalDeadlineExceeded: // no answer of the API's carries what it says
		s.exceed(e)
	case Adopt:
		s.Decided.Imported = true
	case SpotCheckFailed: // the spot check's own workflow has looked
		s.Reviews.SpotFailed = e.Hint.SpotCheck
	}
	if v := s.Verdict; v != nil && e.Hint.differs(*v) {
		s.Look.Claim.Changed = s.fingerprint(*v)
	}
	s.Look.Claim.Tries = 0
}

// differs says that the hint tells a decision which the verdict does not show.
func (h Hint) differs(v Verdict) bool {
	other := func(hinted, shown string) bool { return hinted != "" && hinted != shown }
	return other(h.System, v.System) || other(h.Manual, v.Manual) || other(h.Final, v.Final)
}

// certain says that the claim can only be true: what it names never goes away.
func (c Claim) certain() bool { return c.UserSteps || c.Finished || c.Manual || c.AMLBefore != "" }

// showsAML goes by the version, or else by any change: what was removed takes its
// version along.
func (c Claim) showsAML(a AML) bool {
	return c.AML > 0 && a.Version >= c.AML || a.fingerprint() != c.AMLBefore
}

// confirm drops what the verdict shows and says whether anything is left.
func (s *State) confirm(v Verdict) (left bool) {
	if v.finished() || v.shows(s.Policy.UserSteps) {
		s.Look.Claim.UserSteps = false
	}
	if v.finished() {
		s.Look.Claim.Finished = false
	}
	if v.Manual != "" {
		s.Look.Claim.Manual = false
	}
	if s.Look.Claim.AMLBefore != "" && s.Look.Claim.showsAML(v.AML) {
		s.Look.Claim.AML, s.Look.Claim.AMLBefore = 0, ""
	}
	if s.Rounds.Asked == nil || s.asksAgain(v) || !v.finished() {
		s.Look.Claim.Again = false
	}
	if s.Look.Claim.Changed != "" && s.fingerprint(v) != s.Look.Claim.Changed {
		s.Look.Claim.Changed = ""
	}
	left = s.Look.Claim.certain() || s.Look.Claim.Again || s.Look.Claim.Changed != ""
	if !left {
		s.Look.Claim = Claim{}
	}
	return left
}
