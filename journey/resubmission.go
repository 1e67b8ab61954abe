package journey

import "time"

// ResubmissionKind says why the user has to submit something again.
type ResubmissionKind string

// A reviewer asked for it, or the vendor's KYC renewal is due.
const (
	KindResubmission ResubmissionKind = "resubmission"
	KindRenewal      ResubmissionKind = "renewal"
)

// Exceeded is the vendor's word that a renewal's deadline has passed.
type Exceeded struct {
	At time.Time `json:"at"`
	// Deadline is the vendor's, zero if it could not be read.
	Deadline time.Time `json:"deadline,omitzero"`
}

// Resubmission is what the user has to submit again. The steps, their reasons and
// the vendor's deadline are known from webhooks alone.
type Resubmission struct {
	Kind  ResubmissionKind `json:"kind"`
	Steps []RequiredStep   `json:"requiredSteps,omitempty"`
	Since time.Time        `json:"since"`
	// Until is the end of the declared time.
	Until time.Time `json:"until,omitzero"`
	// Confirmed says that the API showed it too; Exceeded that the vendor said its
	// renewal deadline had passed, Deadline when that was; Missed that our own time
	// is over.
	Confirmed bool      `json:"confirmed,omitempty"`
	Exceeded  bool      `json:"exceeded,omitempty"`
	Deadline  time.Time `json:"deadline,omitzero"`
	Missed    bool      `json:"missed,omitempty"`
	// Subject and Decisions are what the API showed when it was asked for.
	Subject   string `json:"subject,omitempty"`
	Decisions string `json:"decisions,omitempty"`
}
