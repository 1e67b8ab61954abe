package journey

// Rules is the version of Step's behaviour. A run is bound to the value it was
// started with, or that it took up when it last continued as new; Step branches
// on State.Rules, and a worker that does not know a run's value leaves the task
// to a newer one. A branch is deleted one maximum run age after its release.
//
// 3: the life after the first decision: ladders, resubmission and renewal, AML
// alerts, adoption, operators' acts. Nothing before it was ever released.
//
// 4: a failed spot check opens a review only where the policy says so.
const Rules = 4

// MinRules is the oldest behaviour that Step still has a branch for.
const MinRules = 3

// StateVersion is the version of State's JSON form. Raise it with a migration
// (migrate.go) and a golden file (testdata/state) whenever an old state would be
// read wrongly.
const StateVersion = 2

// WorkflowName is the name the workflow of one journey is registered under.
const WorkflowName = "Journey"

// SignalEvent is the one signal that a journey receives; its payload is an Event.
const SignalEvent = "event"

// QueryState answers the State.
const QueryState = "state"

// The updates by which operators act on a journey. UpdateReview takes a [Reviewed],
// all others an [Act].
const (
	UpdateReview    = "review"
	UpdateOverride  = "override"
	UpdateRefresh   = "refresh"
	UpdateRetryStep = "retry-step"
	UpdateEnd       = "end-relationship"
	UpdateErase     = "erase"
)

// WorkflowID names the one workflow of a journey.
func WorkflowID(account, journeyID string) string { return "journey/" + account + "/" + journeyID }

// Start is the argument of a journey's first run.
type Start struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	Rules     int    `json:"rules"`
}
