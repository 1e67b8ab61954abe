package journey

import "time"

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
