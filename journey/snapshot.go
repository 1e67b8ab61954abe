package journey

import "time"

// Snapshot is what the ledger shows of a journey without asking Temporal. The one
// with the latest At counts.
type Snapshot struct {
	At           time.Time       `json:"at"`
	Phase        Phase           `json:"phase"`
	Since        time.Time       `json:"since"` // of the phase
	Flow         string          `json:"flow,omitempty"`
	Review       *Review         `json:"review,omitempty"`
	Resubmission *Resubmission   `json:"resubmission,omitempty"`
	Alerts       []Alert         `json:"alerts,omitempty"`
	Attention    []AttentionItem `json:"attention,omitempty"`
	Adopted      bool            `json:"adopted,omitempty"`
}

// CustomerStatus is what a customer's app shows its user.
type CustomerStatus string

// The statuses. Only a numbered decision leads to one of the last four.
const (
	StatusPending        CustomerStatus = "pending"
	StatusActionRequired CustomerStatus = "action_required"
	StatusApproved       CustomerStatus = "approved"
	StatusDeclined       CustomerStatus = "declined"
	StatusOnHold         CustomerStatus = "on_hold"
	StatusExpired        CustomerStatus = "expired"
)

// StatusOf says what a customer's app shows: what the user has to do, else what was
// decided. An approval that was put on hold is nowhere still approved.
func StatusOf(p Phase, standing Outcome) CustomerStatus {
	if p == AwaitingResubmission {
		return StatusActionRequired
	}
	switch standing {
	case OutcomeApproved:
		return StatusApproved
	case OutcomeRejected:
		return StatusDeclined
	case OutcomeOnHold:
		return StatusOnHold
	case OutcomeExpired:
		return StatusExpired
	default:
		return StatusPending
	}
}
