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
