package journey

import "time"

// SpotCheckWorkflowName is the name the workflow of one spot check is registered
// under, UpdateLink its update: a person names the journey that it belongs to.
const (
	SpotCheckWorkflowName = "SpotCheck"
	UpdateLink            = "link"
)

// SpotCheckWorkflowID names the one workflow of a spot check.
func SpotCheckWorkflowID(account, spotCheckID string) string {
	return "spotcheck/" + account + "/" + spotCheckID
}

// SpotOutcome is what a spot check found. The set is closed; a value that is not
// known to us is held for a person.
type SpotOutcome string

// A spot check passes only if the vendor's system decision is Complete.
const (
	SpotPassed SpotOutcome = "passed"
	SpotFailed SpotOutcome = "failed"
	SpotHeld   SpotOutcome = "on_hold"
)

// SpotDecision is what a spot check means and for whom.
type SpotDecision struct {
	ID      string      `json:"id"`
	Account string      `json:"account"`
	SpotID  string      `json:"spotCheckJourneyId"`
	Outcome SpotOutcome `json:"outcome"`
	// JourneyID is the journey that it was bound to, BoundBy "reference", "vendor"
	// or the actor who linked it.
	JourneyID string `json:"journeyId,omitempty"`
	BoundBy   string `json:"boundBy,omitempty"`
	// LinkReason is why the actor linked it.
	LinkReason string    `json:"linkReason,omitempty"`
	System     string    `json:"systemDecision,omitempty"`
	Reasons    []string  `json:"reasons,omitempty"`
	DecidedAt  time.Time `json:"decidedAt"`
}
