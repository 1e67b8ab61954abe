package journey

// Rules is the version of Apply's behaviour. A run is bound to the value it was
// started with, or that it took up when it last continued as new. A change that
// would alter what a recorded history did raises Rules and branches on State.Rules;
// a worker that does not know a run's value leaves the task to a newer one. A
// branch is deleted one maximum run age after its release.
const Rules = 1

// MinRules is the oldest behaviour that Apply still has a branch for.
const MinRules = 1

// StateVersion is the version of State's JSON form. Raise it with a migration
// (migrate.go) and a golden file (testdata/state) whenever an older state would be
// misread.
const StateVersion = 1

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

// Start is the argument of the first run of a journey, or of a spot check: one of the
// ids is set.
type Start struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId,omitempty"`
	SpotID    string `json:"spotCheckJourneyId,omitempty"`
	Rules     int    `json:"rules"`
}
