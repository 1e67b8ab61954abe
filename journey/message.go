package journey

import "time"

// MessageType names a notification to the customer's systems.
type MessageType string

// The notifications. Only MessageDecided carries a decision.
const (
	MessageDecided        MessageType = "journey.decided"
	MessageReviewRequired MessageType = "journey.review_required"
	MessageAttention      MessageType = "journey.attention"
	MessageAMLChanged     MessageType = "aml.changed"

	MessageAdopted              MessageType = "journey.adopted"
	MessageReviewReminder       MessageType = "journey.review_reminder"
	MessageReviewOverdue        MessageType = "journey.review_overdue"
	MessageResubmissionRequired MessageType = "journey.resubmission_required"
	MessageRenewalDue           MessageType = "journey.renewal_due"
	MessageRenewalOverdue       MessageType = "journey.renewal_overdue"
	MessageErased               MessageType = "journey.erased"
	MessageSpotCheckDecided     MessageType = "spot_check.decided"
)

// Stream is an order that deliveries keep; messages of no stream are unordered.
type Stream string

// The two streams that are strictly ordered per journey and endpoint.
const (
	StreamDecisions Stream = "decisions"
	StreamAML       Stream = "aml"
)

// Message is one notification, before the customer's reference is added to it
// at the moment of sending (so that no workflow history holds the reference).
type Message struct {
	// ID never changes over all attempts and all endpoints: the idempotency key.
	// For a decision it is the decision's ID.
	ID        string      `json:"id"`
	Type      MessageType `json:"type"`
	Stream    Stream      `json:"stream,omitempty"`
	Account   string      `json:"account"`
	JourneyID string      `json:"journeyId"`
	Phase     Phase       `json:"phase"`
	At        time.Time   `json:"at"`

	// Decision is that of MessageDecided, and the baseline of MessageAdopted, which
	// is told as a standing.
	Decision     *Decision      `json:"decision,omitempty"`
	Review       *Review        `json:"review,omitempty"`
	Attention    *AttentionItem `json:"attention,omitempty"`
	AML          *AMLChange     `json:"aml,omitempty"`
	Alert        *Alert         `json:"alert,omitempty"` // of a reminder or an overdue alert
	Resubmission *Resubmission  `json:"resubmission,omitempty"`
	SpotCheck    *SpotDecision  `json:"spotCheck,omitempty"`
}

// AMLChange says what changed between two looks at the AML matches: counts and
// the vendor's match ids by dataset, no names.
type AMLChange struct {
	Version  int            `json:"version"`
	Added    []string       `json:"added,omitempty"`
	Removed  []string       `json:"removed,omitempty"`
	Changed  []string       `json:"changed,omitempty"`
	Datasets map[string]int `json:"datasets,omitempty"`
	// Severity is that of the most severe dataset concerned, Alert the id of the
	// alert that the change opened or joined.
	Severity Severity `json:"severity,omitempty"`
	Alert    string   `json:"alert,omitempty"`
	// Gap is true when versions before this one could not be told apart.
	Gap bool `json:"gap,omitempty"`
}
