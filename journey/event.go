package journey

import (
	"slices"
	"strings"
	"time"
)

// EventType names what the vendor's webhook says happened, in the vendor's own
// words (contract section 2). The set is open at the vendor and closed here:
// package idwise folds older names and spellings into these.
type EventType string

// The vendor's events, and ours: Refresh is an operator's "look again", Adopt the
// import's "this customer is from before our time", StepAnswered the callback of a
// custom step's service, SpotCheckFailed the word of the spot check's workflow.
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

// Event is the envelope of the one signal a journey receives. It is a hint:
// nothing in it decides, it only says that looking at the API is worth while.
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
	// TraceParent is the W3C trace context of the webhook request, so that the
	// work it causes can be linked to it.
	TraceParent string `json:"traceparent,omitempty"`
}

// Hint is what the webhook's body claims. The API's answer confirms it or not.
type Hint struct {
	System         string `json:"systemDecision,omitempty"`
	PreviousSystem string `json:"previousSystemDecision,omitempty"`
	Manual         string `json:"manualDecision,omitempty"`
	Final          string `json:"finalDecision,omitempty"`
	Action         string `json:"action,omitempty"`
	Trigger        string `json:"trigger,omitempty"`
	// AMLVersion is updatedAMLVersionNumber; 0 when the body has none.
	AMLVersion    int            `json:"updatedAMLVersionNumber,omitempty"`
	RequiredSteps []RequiredStep `json:"requiredSteps,omitempty"`
	// Step is the custom step of StepAnswered, SpotCheck the id of SpotCheckFailed.
	Step      string `json:"step,omitempty"`
	SpotCheck string `json:"spotCheck,omitempty"`
}

// RequiredStep is a step the user has to submit again. Body-only at the vendor.
type RequiredStep struct {
	StepID          string `json:"stepId"`
	ReasonCode      string `json:"reasonCode,omitempty"`
	RenewalDeadline string `json:"renewalDeadline,omitempty"`
}

// Unreadable stands for a text of a webhook that is not of a known form.
const Unreadable = "unreadable"

// maxForm bounds a text of a known form.
const maxForm = 64

// Known keeps what has a known form: names, codes and dates. Whoever knows the webhook
// secret writes the rest, and it would leave under our signature.
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

// formed is text, if it has nothing but ASCII letters, digits, "_", "-" and what also
// names.
func formed(text, also string) string {
	other := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-"+also, r)
	}
	if len(text) > maxForm || strings.ContainsFunc(text, other) {
		return Unreadable
	}
	return text
}
