package journey

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// Rules is the version of Apply's behaviour. A run is bound to the value it was started
	// with, or that it took up when it last continued as new. A change that would alter what
	// a recorded history did raises Rules and branches on State.Rules; a worker that does
	// not know a run's value leaves the task to a newer one. A branch is deleted one maximum
	// run age after its release.
	Rules = 1
	// MinRules is the oldest behaviour that Apply still has a branch for.
	MinRules = 1
	// StateVersion is the version of State's JSON form. Raise it with a migration and a
	// golden file (testdata/state) whenever an older state would be misread.
	StateVersion = 1
)

// The names under which Temporal knows a journey: its workflow, the one signal, whose
// payload is an [Event], the query for the [State], and the updates by which operators
// act. UpdateReview takes a [Reviewed], all others an [Act].
const (
	WorkflowName    = "Journey"
	SignalEvent     = "event"
	QueryState      = "state"
	UpdateReview    = "review"
	UpdateOverride  = "override"
	UpdateRefresh   = "refresh"
	UpdateRetryStep = "retry-step"
	UpdateEnd       = "end-relationship"
	UpdateErase     = "erase"
)

// WorkflowID names the one workflow of a journey.
func WorkflowID(account, journeyID string) string { return "journey/" + account + "/" + journeyID }

// Start is the argument of the first run of a journey or of a spot check: one of the
// ids is set.
type Start struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId,omitempty"`
	SpotID    string `json:"spotCheckJourneyId,omitempty"`
	Rules     int    `json:"rules"`
}

// Phase is where a journey stands in its life.
type Phase string

// The phases. Expired and Unknown close the workflow but not the journey: a later
// event starts it again.
const (
	AwaitingUserSteps    Phase = "awaiting_user_steps"
	CustomSteps          Phase = "custom_steps"
	AwaitingResult       Phase = "awaiting_result"
	AwaitingReview       Phase = "awaiting_review"
	AwaitingResubmission Phase = "awaiting_resubmission"
	Settled              Phase = "settled"
	Expired              Phase = "expired"
	Unknown              Phase = "unknown"
	Ended                Phase = "ended"
	Erased               Phase = "erased"
)

// Final says that nothing but an erasure follows the phase.
func (p Phase) Final() bool { return p == Ended || p == Erased }

// State is all that a journey remembers. It is carried from run to run, so every
// field is JSON and everything that grows is bounded. Each concern is a part of its
// own, declared in the file that holds its rules.
type State struct {
	Version   int       `json:"version"`
	Rules     int       `json:"rules"`
	Account   string    `json:"account"`
	JourneyID string    `json:"journeyId"`
	Phase     Phase     `json:"phase"`
	Since     time.Time `json:"since"`
	OpenedAt  time.Time `json:"openedAt"`

	// What the API last answered, and under which policy.
	Policy        Policy    `json:"policy"`
	ReferenceHash string    `json:"referenceHash,omitempty"`
	Verdict       *Verdict  `json:"verdict,omitempty"`
	VerdictAt     time.Time `json:"verdictAt,omitzero"`

	Standing Standing  `json:"standing"`
	Decided  Decided   `json:"decided,omitzero"`
	Look     Look      `json:"look,omitzero"`
	Steps    Steps     `json:"steps,omitzero"`
	Reviews  Reviews   `json:"reviews,omitzero"`
	Rounds   Rounds    `json:"rounds,omitzero"`
	AML      Screening `json:"aml,omitzero"`
	Outbox   Outbox    `json:"outbox,omitzero"`

	// Erasing is true while the erasure is under way.
	Erasing    bool      `json:"erasing,omitempty"`
	Attention  Attention `json:"attention,omitempty"`
	LastEffect int       `json:"lastEffect,omitempty"`
	Counts     Counts    `json:"counts"`
}

// Counts are figures for people; no rule reads them.
type Counts struct {
	Events         int `json:"events"`
	Duplicates     int `json:"duplicates,omitempty"`
	Fetches        int `json:"fetches,omitempty"`
	HintMismatches int `json:"hintMismatches,omitempty"`
	Quarantined    int `json:"quarantined,omitempty"`
	Parked         int `json:"parked,omitempty"`
}

// Open is the state of a journey that nothing is known of yet.
func Open(start Start, now time.Time) State {
	return State{
		Version: StateVersion, Rules: start.Rules,
		Account: start.Account, JourneyID: start.JourneyID,
		Phase: AwaitingUserSteps, Since: now, OpenedAt: now,
	}
}

// Start names the journey, and the rules it is bound to.
func (s State) Start() Start {
	return Start{Account: s.Account, JourneyID: s.JourneyID, Rules: s.Rules}
}

// Needs lists what needs a person.
func (s State) Needs() []AttentionItem { return s.Attention }

// Addressed says whether the event is this journey's.
func (s State) Addressed(e Event) bool {
	return e.Type != "" && e.Account == s.Account && e.JourneyID == s.JourneyID
}

// EndsAs is what the workflow answers when it closes; empty while the journey is open.
func (s State) EndsAs() string {
	if s.Closed() {
		return string(s.Phase)
	}
	return ""
}

func (s *State) final() bool { return s.Phase.Final() }

// Closed says whether the workflow may close once nothing is pending.
func (s State) Closed() bool { return s.final() || s.Phase == Unknown || s.Phase == Expired }

// AtRest says that the journey waits for somebody and not for its own work, so
// that its search attributes are worth an update.
func (s State) AtRest() bool {
	switch s.Phase {
	case AwaitingUserSteps, CustomSteps, AwaitingResult:
		return len(s.Attention) > 0 && !s.Look.UnderWay
	default:
		return !s.Look.UnderWay && s.Steps.Running == "" && !s.Steps.Completing
	}
}

// Deadline is the instant at which Apply needs a Tick even if nothing else happens;
// zero if there is none.
func (s State) Deadline() time.Time {
	if s.Closed() {
		return time.Time{}
	}
	due := s.Look.deadline()
	if s.Steps.Waiting != "" {
		due = earlier(due, s.Steps.WaitUntil)
	}
	if s.Reviews.Open != nil {
		due = earlier(due, s.Reviews.Open.Ladder.next())
	}
	for _, a := range s.AML.Alerts {
		due = earlier(due, a.Ladder.next())
	}
	return due
}

// Attributes are what an operator searches journeys by. They stay in plain text
// in Temporal for ever: no personal data, the reference only as a keyed hash.
type Attributes struct {
	Phase     Phase
	Standing  Outcome
	Account   string
	Flow      string
	Reference string
	Attention AttentionCode // the oldest open one
	DueAt     time.Time     // when the journey next acts by itself; zero if never
}

// Attributes derives the search attributes from the state.
func (s State) Attributes() Attributes {
	return Attributes{
		Phase: s.Phase, Standing: s.Standing.Outcome, Account: s.Account,
		Flow: s.Policy.Flow, Reference: s.ReferenceHash, DueAt: s.Deadline(), Attention: s.Attention.oldest(),
	}
}

// clone copies what Apply may append to or delete from. Verdict, Review, Resubmission
// and Decided are replaced as a whole and never written through.
func (s State) clone() State {
	s.Look = s.Look.clone()
	s.AML.Alerts = slices.Clone(s.AML.Alerts)
	s.AML.Accepted = slices.Clone(s.AML.Accepted)
	s.AML.Seen = slices.Clone(s.AML.Seen)
	s.Outbox.Sending = maps.Clone(s.Outbox.Sending)
	if s.Outbox.Sending == nil {
		s.Outbox.Sending = map[string]int{}
	}
	s.Steps.Runs = slices.Clone(s.Steps.Runs)
	s.Attention = slices.Clone(s.Attention)
	return s
}

// migrations turn a state of one version into the next; the first is that of
// version 1. None is changed or removed while a run may carry its version.
var migrations, spotMigrations []func(state map[string]any)

// Migrate reads a state of any version up to [StateVersion]. A later version is an
// error: only a newer worker can read it.
func Migrate(raw []byte) (State, error) { return migrate[State](raw, migrations) }

// MigrateSpot reads a spot check's state of any version up to [SpotStateVersion].
func MigrateSpot(raw []byte) (SpotState, error) { return migrate[SpotState](raw, spotMigrations) }

// migrate reads a state whose present version is the one that the last step leads to.
//
//workflowcheck:ignore (JSON into types of our own: the same bytes, the same state)
func migrate[S any](raw []byte, steps []func(map[string]any)) (s S, err error) {
	present := len(steps) + 1
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return s, fmt.Errorf("a %T must be a JSON object with a version: %w", s, err)
	}
	if head.Version < 1 || head.Version > present {
		return s, fmt.Errorf("a %T has version %d, this worker knows 1 to %d", s, head.Version, present)
	}
	if head.Version < present {
		var old map[string]any
		err = json.Unmarshal(raw, &old)
		for _, step := range steps[head.Version-1:] {
			step(old)
		}
		old["version"] = present
		migrated, failed := json.Marshal(old)
		raw, err = migrated, errors.Join(err, failed)
	}
	if err = errors.Join(err, json.Unmarshal(raw, &s)); err != nil {
		err = fmt.Errorf("reading a %T of version %d: %w", s, head.Version, err)
	}
	return s, err
}
