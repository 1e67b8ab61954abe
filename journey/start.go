package journey

// Rules is the version of Step's behaviour. A run is bound to the value it was
// started with, or that it took up when it last continued as new; Step branches
// on State.Rules, and a worker that does not know a run's value leaves the task
// to a newer one. A branch is deleted one maximum run age after its release.
//
// 2: the ledger is told when a review or a resubmission ends in silence.
const Rules = 2

// StateVersion is the version of State's JSON form. Raise it with a migration
// and a golden file whenever an old state would be read wrongly.
const StateVersion = 1

// WorkflowName is the name the workflow of one journey is registered under.
const WorkflowName = "Journey"

// SignalEvent is the one signal that a journey receives; its payload is an Event.
const SignalEvent = "event"

// QueryState answers the State.
const QueryState = "state"

// UpdateReview is the update by which an operator ends a local review.
const UpdateReview = "review"

// WorkflowID names the one workflow of a journey.
func WorkflowID(account, journeyID string) string { return "journey/" + account + "/" + journeyID }

// Start is the argument of a journey's first run.
type Start struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	Rules     int    `json:"rules"`
}
