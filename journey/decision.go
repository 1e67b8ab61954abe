package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Decided is the last decision and what it rested on.
type Decided struct {
	Last *Decision `json:"last,omitempty"`
	// Round is the number of the round that it was made in: what was submitted again is
	// decided again, even if the outcome is the same.
	Round int `json:"round,omitempty"`
	// Lacks says that what a renewal would show was there when it was made.
	Lacks bool `json:"lacks,omitempty"`
	// Steps are the custom steps of the policy that it was made under.
	Steps []string `json:"steps,omitempty"`
	// Adopted says that the first decision was the vendor's before our time, so that
	// none of our custom steps is expected for it; Imported that the customer named
	// this journey as such a one.
	Adopted  bool `json:"adopted,omitempty"`
	Imported bool `json:"imported,omitempty"`
	// Rejected remembers a rejection, or an on_hold of which only the ledger knows,
	// until a person approves.
	Rejected *Rejection `json:"rejected,omitempty"`
}

// Rejection is what a rejection rested on. The vendor's reviewer overturns it by a
// final decision that was not there then; an empty one was never known.
type Rejection struct {
	Final string `json:"finalDecision,omitempty"`
}

// Outcome is what was decided. The set is closed.
type Outcome string

// There are four outcomes; the empty one means that nothing is decided yet.
const (
	OutcomeApproved Outcome = "approved"
	OutcomeRejected Outcome = "rejected"
	OutcomeOnHold   Outcome = "on_hold"
	OutcomeExpired  Outcome = "expired"
)

// Source says whose decision it is.
type Source string

// The sources of a decision.
const (
	SourceVendor       Source = "vendor"        // the vendor's system
	SourceVendorReview Source = "vendor_review" // a reviewer in the vendor's dashboard
	SourcePolicy       Source = "policy"        // the declared policy
	SourceOperator     Source = "operator"      // a person, through our API
)

// Decision is one numbered, immutable decision about a journey.
type Decision struct {
	ID        string  `json:"id"`
	Account   string  `json:"account"`
	JourneyID string  `json:"journeyId"`
	Sequence  int     `json:"sequence"`
	Outcome   Outcome `json:"outcome"`
	Source    Source  `json:"source"`
	// System, Manual and Final are the vendor's values it rests on.
	System        string    `json:"systemDecision,omitempty"`
	Manual        string    `json:"manualDecision,omitempty"`
	Final         string    `json:"finalDecision,omitempty"`
	AMLVersion    int       `json:"amlVersion,omitempty"`
	AMLMatches    int       `json:"amlMatches"`
	Reasons       []string  `json:"reasons,omitempty"`
	Supersedes    int       `json:"supersedes,omitempty"`
	PolicyVersion string    `json:"policyVersion"`
	DecidedBy     string    `json:"decidedBy"`
	DecidedAt     time.Time `json:"decidedAt"`
	// Adopted is true for the baseline of a customer from before our time: it is told
	// as a standing, never as a fresh decision.
	Adopted bool `json:"adopted,omitempty"`
	// Fingerprint is the hash of the verdict it rests on.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// overdue says that the policy decided in the place of a person who did not.
func (d Decision) overdue() bool {
	return d.Source == SourcePolicy && len(d.Reasons) == 1 && d.Reasons[0] == reasonOverdue
}

// DecisionID names a decision for ever: the idempotency key of its delivery.
func DecisionID(account, journeyID string, sequence int) string {
	sum := sha256.Sum256([]byte(account + "\x00" + journeyID + "\x00" + strconv.Itoa(sequence)))
	return "dec_" + hex.EncodeToString(sum[:16])
}

// Standing is what a customer's app may act on. Only a numbered decision changes it.
type Standing struct {
	Outcome  Outcome   `json:"outcome,omitempty"`
	Sequence int       `json:"sequence"`
	Since    time.Time `json:"since,omitzero"`
}
