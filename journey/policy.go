package journey

import "time"

// Duration is a time.Duration that reads as "1h30m0s" in JSON, so that a policy
// can be read in a workflow's history.
type Duration time.Duration

// MarshalText writes the duration in Go's notation.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads Go's notation, for example "36h" or "1m30s".
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// Policy is the part of the configuration that Apply reads, for one flow of one
// account. It travels with each fetch, so history records what applied; retry
// options, endpoints' addresses and secrets stay with the worker.
type Policy struct {
	// Version is a short hash of everything below; every decision names it.
	Version string `json:"version"`
	Flow    string `json:"flow,omitempty"`
	// Unlisted is true when the account's configuration does not list the flow: a
	// person decides.
	Unlisted bool `json:"unlisted,omitempty"`
	// UserSteps lists what the result must show before Finished User Steps is believed:
	// UserStepDocument, UserStepSelfie, or UserStepDocumentOf and a step's id.
	UserSteps []string `json:"userSteps,omitempty"`
	// Steps are the custom steps in their order. Complete Custom Step is called after
	// them, and also without any if HasCustomStep is set.
	Steps         []StepPolicy `json:"steps,omitempty"`
	HasCustomStep bool         `json:"hasCustomStep,omitempty"`
	Endpoints     []string     `json:"endpoints,omitempty"` // names of the customer's endpoints
	// AskAgain are the waits before each further fetch while the API does not show what
	// a webhook claimed. After the last one the API is believed.
	AskAgain []Duration `json:"askAgain,omitempty"`
	Hints    HintBudget `json:"hints,omitzero"`
	// UserStepsWithin, ResultWithin and ReviewLook say how long a phase may be silent
	// before the journey asks the API itself; each further silence doubles it.
	UserStepsWithin Duration `json:"userStepsWithin"`
	ResultWithin    Duration `json:"resultWithin"`
	ReviewLook      Duration `json:"reviewLook"`
	// ExpireAfter ends a journey that the user never finished, UnknownAfter one that the
	// vendor has denied knowing for that long.
	ExpireAfter  Duration `json:"expireAfter"`
	UnknownAfter Duration `json:"unknownAfter"`
	// AMLMatch says what a match newer than the last review does to an approval.
	AMLMatch AMLMeaning `json:"amlMatch"`
	// AML says how severe a change of matches is, by dataset; medium where none is listed.
	AML          []DatasetSeverity `json:"aml,omitempty"`
	Resubmission DeadlinePolicy    `json:"resubmission,omitzero"`
	Renewal      DeadlinePolicy    `json:"renewal,omitzero"`
	// AdoptAfter is the age of a vendor's result from which on a first contact is
	// that of a customer from before our time; 0 adopts none by age.
	AdoptAfter Duration `json:"adoptAfter,omitempty"`
	// SpotCheckFailed says what a failed spot check means: review or tell.
	SpotCheckFailed SpotCheckMeaning `json:"spotCheckFailed,omitempty"`
}

// What a policy's UserSteps names: any document, the selfie, the document of one step.
const (
	UserStepDocument   = "document"
	UserStepSelfie     = "selfie"
	UserStepDocumentOf = "document:"
)

// HintBudget is how many fetches webhooks may cause of one journey: Looks at once, and
// then one each Per/Looks.
type HintBudget struct {
	Looks int      `json:"looks,omitempty"`
	Per   Duration `json:"per,omitempty"`
}

// DatasetSeverity is how severe a change of a match of one dataset is.
type DatasetSeverity struct {
	Dataset  string   `json:"dataset"`
	Severity Severity `json:"severity"`
}

// Severity orders what needs a person.
type Severity string

// The severities, from the least to the most severe.
const (
	SeverityLow    Severity = "low"
	SeverityMedium Severity = "medium"
	SeverityHigh   Severity = "high"
)

// DeadlinePolicy is a time that the user has. OnMissed is what it means when it is over
// and the API still shows the request: MeansReview, MeansOnHold or MeansReject.
type DeadlinePolicy struct {
	Within   Duration `json:"within,omitempty"`
	OnMissed Meaning  `json:"onMissed,omitempty"`
}

// StepPolicy declares one custom step: an activity on a task queue (idjourney's own if it
// is empty), and what its answers mean.
type StepPolicy struct {
	Name      string `json:"name"`
	Activity  string `json:"activity"`
	TaskQueue string `json:"taskQueue,omitempty"`
	When      When   `json:"when"`
	// AnswerWithin is how long an answer may stay "pending"; after that the step is
	// inconclusive.
	AnswerWithin Duration `json:"answerWithin,omitempty"`
	// OnFailed and OnInconclusive apply when the vendor's final decision passes.
	OnFailed       Meaning `json:"onFailed"`
	OnInconclusive Meaning `json:"onInconclusive"`
	// ShownBy is "face" for the government face: what counts is then the
	// comparison in the vendor's result, as soon as it is there.
	ShownBy string `json:"shownBy,omitempty"`
	// VendorReviewSettles lets a reviewer's Approved at the vendor stand for a step that
	// failed. Without it, two people have to agree.
	VendorReviewSettles bool `json:"vendorReviewSettles,omitempty"`
}

// When says whether a custom step runs; by default only while no rule of the vendor's has
// failed.
type When string

// The conditions of a custom step.
const (
	WhenRulesPassed When = "rules_passed"
	WhenAlways      When = "always"
)

// Meaning is what a step's failed or inconclusive answer means for the journey.
type Meaning string

// There is deliberately no meaning "approve".
const (
	MeansReview Meaning = "review"  // a person decides, through our API
	MeansReject Meaning = "reject"  // rejected, source policy
	MeansOnHold Meaning = "on_hold" // on_hold, source policy
)

// AMLMeaning is what a new AML match means for a journey that is approved.
type AMLMeaning string

// A new match puts the approval on hold at once, or is only published.
const (
	AMLMeansOnHold AMLMeaning = "on_hold"
	AMLMeansTell   AMLMeaning = "tell"
)

// SpotCheckMeaning is what a failed spot check means for the journey.
type SpotCheckMeaning string

// A failed spot check opens a local review, or is only published.
const (
	SpotCheckMeansReview SpotCheckMeaning = "review"
	SpotCheckMeansTell   SpotCheckMeaning = "tell"
)
