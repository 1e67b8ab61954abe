package journey

import "time"

// Phase is where a journey stands in its life.
type Phase string

// The phases of the picture in the docs; Expired and Unknown close the workflow
// but not the journey: a later event starts it again.
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

// State is all that a journey remembers. It is carried from run to run, so every
// field is JSON and everything that grows is bounded. What belongs to one concern is
// a part of its own, declared in the file that holds its rules.
type State struct {
	Version   int       `json:"version"`
	Rules     int       `json:"rules"`
	Account   string    `json:"account"`
	JourneyID string    `json:"journeyId"`
	Phase     Phase     `json:"phase"`
	Since     time.Time `json:"since"`
	OpenedAt  time.Time `json:"openedAt"`

	// What the API last said, and under which policy.
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
	if !s.Closed() {
		return ""
	}
	return string(s.Phase)
}

// over says that the journey is over for good.
func (s *State) over() bool { return s.Phase.Final() }

// Final says that nothing but an erasure follows the phase.
func (p Phase) Final() bool { return p == Ended || p == Erased }

// Closed says whether the workflow may close once nothing is pending. Only Ended
// and Erased are final for the journey; the others start again by a later event.
func (s State) Closed() bool {
	switch s.Phase {
	case Unknown, Expired, Ended, Erased:
		return true
	default:
		return false
	}
}
