package journey

import (
	"slices"
	"time"
)

// SpotState is all that a spot check remembers.
type SpotState struct {
	Version  int       `json:"version"`
	Rules    int       `json:"rules"`
	Account  string    `json:"account"`
	SpotID   string    `json:"spotCheckJourneyId"`
	OpenedAt time.Time `json:"openedAt"`

	// What was last answered, and under which policy.
	Policy        Policy      `json:"policy"`
	ReferenceHash string      `json:"referenceHash,omitempty"`
	Result        *SpotResult `json:"result,omitempty"`
	// Claimed is the journey that the vendor's older webhook named.
	Claimed string `json:"claimed,omitempty"`
	// Unbound says that the check is finished and that nobody knows yet whose it is:
	// "no_journey" or "several_journeys".
	Unbound string `json:"unbound,omitempty"`
	// Link is a person's word that the ledger has to be asked about, Linking that the
	// look under way is about it, Refused why the last one was not taken.
	Link    *SpotLink `json:"link,omitempty"`
	Linking bool      `json:"linking,omitempty"`
	Refused string    `json:"refused,omitempty"`

	Look Look `json:"look,omitzero"`

	Decision *SpotDecision `json:"decision,omitempty"`
	// Unknown says that the vendor knows no such spot check, and that nobody was told.
	Unknown bool `json:"unknown,omitempty"`

	Attention  Attention `json:"attention,omitempty"`
	LastEffect int       `json:"lastEffect,omitempty"`
	Counts     Counts    `json:"counts"`
}

// OpenSpot is the state of a spot check that nothing is known of yet.
func OpenSpot(start Start, now time.Time) SpotState {
	return SpotState{
		Version: SpotStateVersion, Rules: start.Rules,
		Account: start.Account, SpotID: start.SpotID, OpenedAt: now,
	}
}

// Start names the spot check, and the rules it is bound to.
func (s SpotState) Start() Start { return Start{Account: s.Account, SpotID: s.SpotID, Rules: s.Rules} }

// Needs lists what needs a person.
func (s SpotState) Needs() []AttentionItem { return s.Attention }

// Addressed says whether the event is this spot check's.
func (s SpotState) Addressed(e Event) bool {
	return e.Type == FinishedSpotCheck && e.Account == s.Account && e.Hint.SpotCheck == s.SpotID
}

// EndsAs is what the workflow answers when it closes: the decision's outcome, or
// "unknown"; empty while there is neither.
func (s SpotState) EndsAs() string {
	switch {
	case s.Decision != nil:
		return string(s.Decision.Outcome)
	case s.Unknown:
		return string(Unknown)
	default:
		return ""
	}
}

// Closed says whether the workflow may close once nothing is pending; a later event
// starts it again.
func (s SpotState) Closed() bool {
	return (s.Decision != nil || s.Unknown) && !s.Look.UnderWay && s.Deadline().IsZero()
}

// Deadline is the instant at which SpotApply wants to be told a Tick even if nothing
// else happens; zero when there is none.
func (s SpotState) Deadline() time.Time { return s.Look.deadline() }

// AtRest says that the search attributes are worth an update: it is decided, or it
// waits for somebody.
func (s SpotState) AtRest() bool {
	return !s.Look.UnderWay && (s.Decision != nil || len(s.Attention) > 0)
}

// Attributes derives the search attributes from the state.
func (s SpotState) Attributes() Attributes {
	return Attributes{
		Phase: PhaseSpotCheck, Account: s.Account, Reference: s.ReferenceHash,
		DueAt: s.Deadline(), Attention: s.Attention.oldest(),
	}
}

// clone copies what SpotApply may append to or delete from.
func (s SpotState) clone() SpotState {
	s.Look = s.Look.clone()
	s.Attention = slices.Clone(s.Attention)
	return s
}

// Describe says in one sentence what was found, or what is waited for and until when.
func (s SpotState) Describe() string {
	return "**Spot check**, " + s.waitsFor() + "." + s.Attention.describe()
}

func (s SpotState) waitsFor() string {
	switch {
	case s.Decision != nil:
		return "**" + string(s.Decision.Outcome) + "**, for journey `" + s.Decision.JourneyID + "` (bound by " + s.Decision.BoundBy + ")"
	case s.Unknown:
		return "unknown to IDWise; a later event opens it again"
	case s.Look.UnderWay:
		return "it is asking IDWise for the result right now"
	case s.Unbound != "":
		return "finished, and it waits for the update `link`: a person says whose it is" + s.until("the ledger is asked again")
	case !s.Look.MissingSince.IsZero():
		return "IDWise says there is no such spot check" + s.until("it asks again")
	default:
		return "it waits for the API to show its result" + s.until("it asks again")
	}
}

func (s SpotState) until(then string) string {
	at := s.Deadline()
	if at.IsZero() {
		return ""
	}
	return "; at " + clock(at) + " " + then
}
