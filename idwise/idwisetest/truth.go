package idwisetest

import (
	"slices"
	"time"
)

// Phase is a journey's progress at the vendor.
type Phase string

// The phases, in their order.
const (
	PhaseStarted    Phase = "started"
	PhaseUserDone   Phase = "user_steps_finished"
	PhaseProcessing Phase = "processing" // complete-custom-step was called
	PhaseFinished   Phase = "finished"
)

// truth is the state from a moment on. It is immutable, and a change appends another, so
// that a stale API can show the past.
type truth struct {
	at         time.Time
	phase      Phase
	endedAt    time.Time
	system     string
	manual     string
	failedRule string
	expired    bool // the document has run out since it was judged
	submitted  bool // a face
	compared   bool // its comparison shows
	mismatch   bool
	aml        int // version of the AML record: one more with every change
	matches    []match
	// documents and selfies count how often each was submitted again.
	documents, selfies int
}

func (t truth) final() string {
	if t.manual != "" {
		return t.manual
	}
	return t.system
}

// judged is the system's decision on these facts.
func (t truth) judged() string {
	if t.failedRule != "" || t.mismatch || t.listed() {
		return refer
	}
	return complete
}

func (t truth) rules() map[string]string {
	if t.phase == PhaseStarted {
		return map[string]string{}
	}
	rules := make(map[string]string, len(ruleNames))
	for key := range ruleNames {
		rules[key] = "Passed"
	}
	if t.failedRule != "" {
		rules[t.failedRule] = "Failed"
	}
	if t.expired {
		rules["expired_document"] = "Failed"
	}
	if t.listed() {
		rules["no_aml_records"] = "Failed"
	}
	return rules
}

var ruleNames = map[string]string{
	"document_validation":    "Document Validation",
	"same_subject":           "Same Subject",
	"no_duplicate_documents": "No Duplicate Documents",
	"no_duplicate_applicant": "No Duplicate Applicant",
	"no_aml_records":         "No AML Records",
	"unrecognized_document":  "Unrecognized Document",
	"proof_policy":           "Proof Policy",
	"expired_document":       "Expired Document",
	"under_age":              "Under Age",
	"approved_nationality":   "Approved Nationality",
}

// state is one journey with its history.
type state struct {
	id, flow, reference string
	account             *Account
	script              script
	person              Applicant
	startedAt           time.Time
	truths              []truth // never empty, oldest first
	submissions         int
	completeCalls       int
	resultCalls         int
	processed           bool     // the work after complete-custom-step is done
	round               int      // how often the user has submitted again
	pending             *update  // what the user was asked to submit again, and has not
	reviews             []string // of the script, that are still to come
	reviewed            string   // the script's last one
	acts                []act    // of the script, that are still to come
	acting              bool     // the acts have begun
	spotChecks          []*spotCheck
	deleted             bool
	losing              bool // what is sent now never arrives
	webhooks            []*Webhook
	held                []sending // by the reorder fault
}

func (s *state) now() truth { return s.truths[len(s.truths)-1] }

// asOf is the truth at a moment; before the first truth, the first.
func (s *state) asOf(at time.Time) truth {
	for _, t := range slices.Backward(s.truths) {
		if !t.at.After(at) {
			return t
		}
	}
	return s.truths[0]
}

// waitsForCustomStep reports whether only complete-custom-step can end the journey.
func (s *state) waitsForCustomStep() bool {
	return !s.account.NoCustomStep && !s.script.withoutCustomStep
}
