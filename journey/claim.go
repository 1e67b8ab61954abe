package journey

import "time"

// Claim is what the hints so far say the API should show. It is the sum of all
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
	// Changed is the fingerprint of the verdict when a hint named other decisions than
	// it shows. Such a hint may be old, so this alone causes retries but no attention.
	Changed string `json:"changed,omitempty"`
	// Tries counts the fetches that did not show it.
	Tries int `json:"tries,omitempty"`
}

// onEvent takes a hint: it says what to look for, and that a fetch is due now.
func (s *State) onEvent(e Event, now time.Time) []Effect {
	s.Counts.Events++
	e.Hint = e.Hint.Known()
	if s.Look.duplicate(e) {
		s.Counts.Duplicates++
		return nil
	}
	switch {
	case s.final(), e.Type == FinishedStep, e.Type == FinishedSpotCheck:
		return nil
	case e.Type == StepAnswered:
		return s.onAnnounced(e.Hint.Step, now)
	}
	s.reopen(now)
	s.claim(e)
	s.Look.follow(e.TraceParent)
	ours := e.Type == Refresh || e.Type == Adopt || e.Type == SpotCheckFailed
	s.Look.wish(now, !ours) // all others come by webhook, and may be forged
	return nil
}

// reopen lets a closed journey go on.
func (s *State) reopen(now time.Time) {
	if s.Phase == Unknown || s.Phase == Expired {
		s.enter(AwaitingUserSteps, now)
		s.OpenedAt, s.Look.MissingSince = now, time.Time{}
	}
}

// claim is the one table of what confirms which event. An event that is not in it
// causes one fetch and claims nothing.
func (s *State) claim(e Event) {
	c := &s.Look.Claim
	switch e.Type {
	case FinishedUserSteps: // confirmed by the submitted steps in the result
		s.Steps.UserStepsHinted = true
		c.UserSteps = true
	case FinishedJourney: // confirmed by a system decision
		c.Finished = true
	case ManuallyReviewed: // confirmed by a manual decision
		c.Manual = true
	case UpdatedJourney:
		c.Manual = c.Manual || e.Hint.Action == "Manual Review" && e.Hint.Manual != ""
	case AMLMonitorUpdate: // confirmed by the version, or else by any change of the matches
		if n := e.Hint.AMLVersion; (n == 0 || n > s.AML.Version) && (c.AMLBefore == "" || n > c.AML) {
			var matches AML
			if s.Verdict != nil {
				matches = s.Verdict.AML
			}
			c.AML, c.AMLBefore = n, matches.fingerprint()
		}
	case VerificationUpdateRequired: // confirmed by a reviewer's decision, an open journey, something that is lacking
		s.Rounds.ask(e)
		c.Again = true
	case KYCRenewalDeadlineExceeded: // no answer of the API's carries what it says
		s.Rounds.exceed(e)
	case Adopt:
		s.Decided.Imported = true
	case SpotCheckFailed: // the spot check's own workflow has asked the API
		s.Reviews.SpotFailed = e.Hint.SpotCheck
	}
	if v := s.Verdict; v != nil && e.Hint.differs(*v) {
		c.Changed = s.fingerprint(*v)
	}
	c.Tries = 0
}

// differs says that the hint names a decision which the verdict does not show.
func (h Hint) differs(v Verdict) bool {
	other := func(hinted, shown string) bool { return hinted != "" && hinted != shown }
	return other(h.System, v.System) || other(h.Manual, v.Manual) || other(h.Final, v.Final)
}

// certain says that the claim can only be true: what it names never goes away.
func (c Claim) certain() bool { return c.UserSteps || c.Finished || c.Manual || c.AMLBefore != "" }

// confirm drops what the verdict shows and says whether anything is left. Asked says
// that a request to submit again is still not shown, fingerprint names the verdict.
func (c *Claim) confirm(v Verdict, userSteps []string, asked bool, fingerprint string) (left bool) {
	c.UserSteps = c.UserSteps && !v.finished() && !v.shows(userSteps)
	c.Finished = c.Finished && !v.finished()
	c.Manual = c.Manual && v.Manual == ""
	c.Again = c.Again && asked
	// By the version, or else by any change: what was removed takes its version along.
	if c.AML > 0 && v.AML.Version >= c.AML || v.AML.fingerprint() != c.AMLBefore {
		c.AML, c.AMLBefore = 0, ""
	}
	if c.Changed != fingerprint {
		c.Changed = ""
	}
	if left = c.certain() || c.Again || c.Changed != ""; !left {
		*c = Claim{}
	}
	return left
}
