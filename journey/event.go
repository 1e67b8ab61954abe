package journey

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// EventType names what the vendor's webhook says happened, in the vendor's own
// words (contract section 2). The set is closed here: package idwise folds older names
// and spellings into these.
type EventType string

// The vendor's events, and ours: Refresh is an operator's, Adopt the import's of a
// customer from before our time, StepAnswered the callback of a custom step's service,
// SpotCheckFailed that of the spot check's workflow.
const (
	FinishedUserSteps          EventType = "Finished User Steps"
	FinishedJourney            EventType = "Finished Journey"
	ManuallyReviewed           EventType = "Manually Reviewed"
	UpdatedJourney             EventType = "Updated Journey"
	AMLMonitorUpdate           EventType = "AML Monitor Update"
	VerificationUpdateRequired EventType = "Verification Update Required"
	KYCRenewalDeadlineExceeded EventType = "KYC Renewal Deadline Exceeded"
	FinishedSpotCheck          EventType = "Finished Spot Check"
	FinishedStep               EventType = "Finished Step"
	Refresh                    EventType = "refresh"
	Adopt                      EventType = "adopt"
	StepAnswered               EventType = "step answered"
	SpotCheckFailed            EventType = "spot check failed"
)

// Event is the envelope of the one signal a journey receives. It is a hint: it decides
// nothing and only says that a fetch is worth while.
type Event struct {
	// EventID is the vendor's id, constant over all retries of one event and
	// empty in the 2023 form; events without it are never deduplicated.
	EventID     string    `json:"eventId,omitempty"`
	Type        EventType `json:"type"`
	Account     string    `json:"account"`
	JourneyID   string    `json:"journeyId"`
	ReferenceNo string    `json:"referenceNo,omitempty"`
	Hint        Hint      `json:"hint,omitzero"`
	ReceivedAt  time.Time `json:"receivedAt"`
	TraceParent string    `json:"traceparent,omitempty"` // W3C trace context of the webhook request
}

// Hint is what the webhook's body claims. The API's answer confirms it or not.
type Hint struct {
	System         string `json:"systemDecision,omitempty"`
	PreviousSystem string `json:"previousSystemDecision,omitempty"`
	Manual         string `json:"manualDecision,omitempty"`
	Final          string `json:"finalDecision,omitempty"`
	Action         string `json:"action,omitempty"`
	Trigger        string `json:"trigger,omitempty"`
	AMLVersion     int    `json:"updatedAMLVersionNumber,omitempty"` // 0 when the body has none

	RequiredSteps []RequiredStep `json:"requiredSteps,omitempty"`
	Step          string         `json:"step,omitempty"`      // of StepAnswered
	SpotCheck     string         `json:"spotCheck,omitempty"` // of SpotCheckFailed
}

// RequiredStep is a step the user has to submit again. Body-only at the vendor.
type RequiredStep struct {
	StepID          string `json:"stepId"`
	ReasonCode      string `json:"reasonCode,omitempty"`
	RenewalDeadline string `json:"renewalDeadline,omitempty"`
}

// Unreadable stands for a text of a webhook that is not of a known form.
const Unreadable = "unreadable"

// maxForm bounds a text of a known form, in bytes.
const maxForm = 64

// Known keeps what has a known form: names, codes and dates. Anybody who has the webhook
// secret can write the rest, and it would leave under our signature.
func (h Hint) Known() Hint {
	for _, name := range []*string{&h.System, &h.PreviousSystem, &h.Manual, &h.Final, &h.Action, &h.Trigger} {
		*name = formed(*name, " ")
	}
	h.RequiredSteps = slices.Clone(h.RequiredSteps)
	for i, s := range h.RequiredSteps {
		h.RequiredSteps[i] = RequiredStep{formed(s.StepID, ""), formed(s.ReasonCode, ""), formed(s.RenewalDeadline, ":.+ ")}
	}
	return h
}

// formed is the text, if it has nothing but ASCII letters, digits, "_", "-" and the
// characters of also.
func formed(text, also string) string {
	if len(text) > maxForm || !plain(text, "_-"+also) {
		return Unreadable
	}
	return text
}

// plain says that the text has only ASCII letters, digits and the characters of also.
func plain(text, also string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(also, r)
	})
}

// IsCode says that a text is a short code and not somebody's data: a lower-case
// letter, then letters, digits and underscores, at most 64 in all.
func IsCode(text string) bool {
	return text != "" && len(text) <= maxForm && plain(text, "_") && text == strings.ToLower(text) && text[0] >= 'a'
}

// IsText says that a text shows a reader what it holds: it is valid UTF-8 without control
// characters and without those that change the direction of text.
func IsText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == utf8.RuneError
	})
}

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
