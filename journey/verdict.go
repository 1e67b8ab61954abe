package journey

import (
	"slices"
	"strings"
	"time"
)

// The vendor's decision values (contract section 6). The enumeration is open: only
// Complete and Approved pass, and a value that is not listed is put on hold.
const (
	Incomplete = "Incomplete"
	Complete   = "Complete"
	Refer      = "Refer"
	Approved   = "Approved"
	Rejected   = "Rejected"
)

// Verdict is what the vendor's API says about a journey at one moment, without
// direct identifiers: no name, no personal number, no date of birth, no image.
type Verdict struct {
	FlowID string `json:"flowId,omitempty"`
	// Ended is true when the vendor reports an end time. EndedAt is that time, read as UTC
	// because it names no zone; zero if unknown.
	Ended   bool      `json:"ended"`
	EndedAt time.Time `json:"endedAt,omitzero"`
	System  string    `json:"systemDecision"`
	Manual  string    `json:"manualDecision,omitempty"`
	Final   string    `json:"finalDecision"`

	FailedRules   []string `json:"failedRules,omitempty"`   // keys of the vendor's rules, in order
	Documents     int      `json:"documents,omitempty"`     // how many were submitted
	DocumentSteps []string `json:"documentSteps,omitempty"` // their step ids
	Selfie        string   `json:"selfie,omitempty"`        // selfie.status; empty without a selfie
	// Subject is a keyed hash of what a custom step would judge (person and
	// images). A step's answer counts only for the subject it was given for.
	Subject string          `json:"subject,omitempty"`
	Face    *FaceComparison `json:"face,omitempty"` // nil while the vendor shows none
	AML     AML             `json:"aml,omitzero"`
}

// FaceComparison is the vendor's comparison of the user's face with the government's.
type FaceComparison struct {
	Matched bool    `json:"matched"`
	Score   float64 `json:"score"` // 0 to 100; the vendor's threshold is 80 by default
}

// AML is the anti-money-laundering part of the result, without names.
type AML struct {
	Applicability string     `json:"applicability,omitempty"`
	Version       int        `json:"version,omitempty"` // the highest aml_record_version of the matches, 0 if unknown
	Matches       []AMLMatch `json:"matches,omitempty"`
}

// AMLMatch is one match, named by the vendor's match id, else by a keyed hash.
type AMLMatch struct {
	ID          string   `json:"id"`
	Datasets    []string `json:"datasets,omitempty"`
	Whitelisted bool     `json:"whitelisted,omitempty"`
	Status      string   `json:"status,omitempty"`
	Version     int      `json:"version,omitempty"`
	// MonitorUpdate is ongoing_monitor_update_type: set when the match came, or
	// changed, by monitoring after the journey had been finished.
	MonitorUpdate string `json:"monitorUpdate,omitempty"`
}

// Problem says why a fetch brought no verdict.
type Problem string

// Only ProblemMissing, which needs the vendor's own error envelope, can ever lead to a
// journey being unknown.
const (
	ProblemMissing     Problem = "missing"     // the vendor says: no such journey
	ProblemDenied      Problem = "denied"      // 401, 403 or a bare 404: our misconfiguration
	ProblemUnreadable  Problem = "unreadable"  // an answer that is not a journey result
	ProblemUnreachable Problem = "unreachable" // retried for as long as configured, in vain
)

// FetchAnswer is what the activity Fetch answers: the verdict, or why there is
// none, and in both cases the policy that applies.
type FetchAnswer struct {
	Problem Problem  `json:"problem,omitempty"`
	Verdict *Verdict `json:"verdict,omitempty"`
	Policy  Policy   `json:"policy"`

	ReferenceHash string `json:"referenceHash,omitempty"` // keyed hash of the customer's reference
	// Baseline is the standing in the ledger, asked for by the first fetch of a run that
	// knows none; it continues the decisions' numbering.
	Baseline *Standing `json:"baseline,omitempty"`
	// Known says that the ledger has this journey's flow, from an earlier fetch or because
	// it was registered: it is of our time, even if the run that fetched was lost.
	Known bool `json:"known,omitempty"`
	// Ladders are the declared ladders as instants, as if each began with this
	// answer; the review's takes up what FetchInput.Clock says was spent.
	Ladders []Ladder `json:"ladders,omitempty"`
}

// finished says whether the vendor has come to a decision.
func (v Verdict) finished() bool { return v.Final != "" && v.Final != Incomplete }

// asksAgain says that a reviewer wants something submitted again.
func (v Verdict) asksAgain() bool { return strings.HasPrefix(v.Final, "Resubmission") }

// lacks says that a document has run out or a step is no longer submitted: what the
// API can show of a renewal that is due.
func (v Verdict) lacks(userSteps []string) bool {
	return slices.Contains(v.FailedRules, "expired_document") || !v.shows(userSteps)
}

// passes says whether the vendor's final decision passes.
func (v Verdict) passes() bool { return v.Final == Complete || v.Final == Approved }

// shows says whether everything that the policy lists has been submitted: a document,
// a selfie, the documents of steps. Where it lists nothing, something has to be.
func (v Verdict) shows(userSteps []string) bool {
	selfie := v.Selfie != "" && v.Selfie != "Not Started"
	missing := func(want string) bool {
		switch want {
		case UserStepDocument:
			return v.Documents == 0
		case UserStepSelfie:
			return !selfie
		default:
			return !slices.Contains(v.DocumentSteps, strings.TrimPrefix(want, UserStepDocumentOf))
		}
	}
	return (v.Documents > 0 || selfie) && !slices.ContainsFunc(userSteps, missing)
}
