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

// Policy is the part of the configuration that Step reads, for one flow of one
// account. It travels with each fetch, so history records what applied; retry
// options, endpoints' addresses and secrets stay with the worker.
type Policy struct {
	// Version is a short hash of everything below; every decision names it.
	Version string `json:"version"`
	Flow    string `json:"flow,omitempty"`
	// Unlisted is true when the account's configuration does not list the flow:
	// such a journey is held for a person.
	Unlisted bool `json:"unlisted,omitempty"`
	// UserSteps lists what the result must show before Finished User Steps is
	// believed: "document", "selfie".
	UserSteps []string `json:"userSteps,omitempty"`
	// Steps are the custom steps in their order. CompleteCustomStep is called
	// after them, and also without any if HasCustomStep is set.
	Steps         []StepPolicy `json:"steps,omitempty"`
	HasCustomStep bool         `json:"hasCustomStep,omitempty"`
	// Endpoints are the names of the customer's endpoints; each is a lane.
	Endpoints []string `json:"endpoints,omitempty"`
	// AskAgain is how long to wait before each further look at an API that does
	// not show yet what a webhook claimed. When it is used up the API is believed.
	AskAgain []Duration `json:"askAgain,omitempty"`
	// UserStepsWithin, ResultWithin: how long an open phase may be silent before
	// the journey asks the API itself; each further silence doubles it.
	UserStepsWithin Duration `json:"userStepsWithin"`
	ResultWithin    Duration `json:"resultWithin"`
	ReviewLook      Duration `json:"reviewLook"`
	// ExpireAfter ends a journey that the user never finished.
	ExpireAfter Duration `json:"expireAfter"`
	// UnknownAfter is how long the vendor has to keep saying that there is no
	// such journey before it is closed as unknown.
	UnknownAfter Duration `json:"unknownAfter"`
	// AMLMatch says what a match newer than the last review does to an approval.
	AMLMatch AMLMeaning `json:"amlMatch"`
}

// StepPolicy declares one custom step: an activity on a task queue, and what
// its answers mean.
type StepPolicy struct {
	Name     string `json:"name"`
	Activity string `json:"activity"`
	// TaskQueue is empty for idjourney's own.
	TaskQueue string `json:"taskQueue,omitempty"`
	When      When   `json:"when"`
	// OnFailed and OnInconclusive hold when the vendor's final decision passes.
	OnFailed       Meaning `json:"onFailed"`
	OnInconclusive Meaning `json:"onInconclusive"`
	// ShownBy is "face" for the government face: what counts is then the
	// comparison in the vendor's result, as soon as it is there.
	ShownBy string `json:"shownBy,omitempty"`
	// VendorReviewSettles lets a reviewer's Approved at the vendor stand for a
	// step that failed. Off by default: two pairs of eyes.
	VendorReviewSettles bool `json:"vendorReviewSettles,omitempty"`
}

// When says whether a custom step runs.
type When string

// A step runs by default only while no rule of the vendor's has failed.
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

// A new match either takes the approval's force at once, or only tells.
const (
	AMLMeansOnHold AMLMeaning = "on_hold"
	AMLMeansTell   AMLMeaning = "tell"
)
