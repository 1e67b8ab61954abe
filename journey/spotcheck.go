package journey

import (
	"slices"
	"time"
)

// The versions of SpotApply's behaviour and of SpotState's JSON form, see [Rules].
const (
	SpotRules        = 1
	MinSpotRules     = 1
	SpotStateVersion = 1
)

// SpotCheckWorkflowName is the name the workflow of one spot check is registered
// under, UpdateLink its update: a person names the journey that it belongs to.
const (
	SpotCheckWorkflowName = "SpotCheck"
	UpdateLink            = "link"
)

// PhaseSpotCheck is what the search attribute JourneyPhase says of a spot check, which
// has no phases of its own.
const PhaseSpotCheck Phase = "spot_check"

// SpotCheckWorkflowID names the one workflow of a spot check.
func SpotCheckWorkflowID(account, spotCheckID string) string {
	return "spotcheck/" + account + "/" + spotCheckID
}

// SpotOutcome is what a spot check found. The set is closed; a value that is not
// known to us is put on hold for a person.
type SpotOutcome string

// A spot check passes only if the vendor's system decision is Complete.
const (
	SpotPassed SpotOutcome = "passed"
	SpotFailed SpotOutcome = "failed"
	SpotHeld   SpotOutcome = "on_hold"
)

// SpotDecision is what a spot check means and for whom.
type SpotDecision struct {
	ID      string      `json:"id"`
	Account string      `json:"account"`
	SpotID  string      `json:"spotCheckJourneyId"`
	Outcome SpotOutcome `json:"outcome"`
	// JourneyID is the journey that it was bound to, BoundBy "reference", "vendor"
	// or the actor who linked it for the LinkReason.
	JourneyID  string    `json:"journeyId,omitempty"`
	BoundBy    string    `json:"boundBy,omitempty"`
	LinkReason string    `json:"linkReason,omitempty"`
	System     string    `json:"systemDecision,omitempty"`
	Reasons    []string  `json:"reasons,omitempty"`
	DecidedAt  time.Time `json:"decidedAt"`
}

// SpotDecisionID names a spot check's decision for ever: the idempotency key of its
// delivery.
func SpotDecisionID(account, spotID string) string { return messageID("spt", account, spotID) }

// SpotLink is a person's statement which journey a spot check belongs to.
type SpotLink struct {
	JourneyID string `json:"journeyId"`
	Actor     string `json:"actor"` // the token's name, never what the caller claims
	Reason    string `json:"reason"`
}

// SpotResult is what the vendor's API says about a spot check, without the person.
type SpotResult struct {
	System      string   `json:"systemDecision"`
	FailedRules []string `json:"failedRules,omitempty"`
}

// SpotFetchInput asks for a spot check's result and for the journey it belongs to.
type SpotFetchInput struct {
	Account string `json:"account"`
	SpotID  string `json:"spotCheckJourneyId"`
	Claimed string `json:"claimed,omitempty"` // the journey that the vendor's older webhook named
	// Link is the journey that a person named. With it only the ledger is asked: the
	// result is known already.
	Link  string   `json:"link,omitempty"`
	Links []string `json:"links,omitempty"`
}

// SpotAnswer is what the activity FetchSpotCheck answers.
type SpotAnswer struct {
	Problem Problem     `json:"problem,omitempty"`
	Result  *SpotResult `json:"result,omitempty"`
	// Policy is that of the bound journey's flow, the account's where none is bound.
	Policy        Policy `json:"policy"`
	ReferenceHash string `json:"referenceHash,omitempty"`
	// Candidates are the journeys that the reference alone may mean: the one that was
	// approved last, or all of a tie.
	Candidates []string `json:"candidates,omitempty"`
	// Claimed and Linked say that the ledger knows the journey that was asked about;
	// the claimed one under the same reference.
	Claimed bool          `json:"claimed,omitempty"`
	Linked  bool          `json:"linked,omitempty"`
	Decided *SpotDecision `json:"decided,omitempty"` // by an earlier run, according to the ledger
}

// HandOverInput asks for an event of ours to be recorded, so that the forwarder brings
// it to its journey as surely as any webhook.
type HandOverInput struct {
	Event Event    `json:"event"`
	Links []string `json:"links,omitempty"`
}

// HandOverAnswer is what the activity HandOver answers. An empty Problem means that
// the event is in the ledger.
type HandOverAnswer struct {
	Problem string `json:"problem,omitempty"`
}

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
	Claimed       string      `json:"claimed,omitempty"` // see [SpotFetchInput]
	// Unbound says that the check is finished and why its journey is not known yet:
	// "no_journey" or "several_journeys".
	Unbound string `json:"unbound,omitempty"`
	// Link is a person's link that the ledger has to be asked about, Linking that the
	// fetch under way is about it, Refused why the last one was not taken.
	Link    *SpotLink `json:"link,omitempty"`
	Linking bool      `json:"linking,omitempty"`
	Refused string    `json:"refused,omitempty"`

	Look       Look          `json:"look,omitzero"`
	Decision   *SpotDecision `json:"decision,omitempty"`
	Unknown    bool          `json:"unknown,omitempty"` // to the vendor; nothing was published
	Attention  Attention     `json:"attention,omitempty"`
	LastEffect int           `json:"lastEffect,omitempty"`
	Counts     Counts        `json:"counts"`
}

// OpenSpot is the state of a spot check that nothing is known of yet.
func OpenSpot(start Start, now time.Time) SpotState {
	return SpotState{
		Version: SpotStateVersion, Rules: start.Rules, Account: start.Account, SpotID: start.SpotID, OpenedAt: now,
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

// Deadline is the instant at which SpotApply needs a Tick even if nothing else happens;
// zero if there is none.
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
	s.Look, s.Attention = s.Look.clone(), slices.Clone(s.Attention)
	return s
}

// Describe says in one sentence what was found, or what is waited for and until when.
func (s SpotState) Describe() string {
	return "**Spot check**, " + s.waitsFor() + "." + s.Attention.describe()
}

func (s SpotState) waitsFor() string {
	text, then := "it waits for the API to show its result", "it asks again"
	switch {
	case s.Decision != nil:
		return "**" + string(s.Decision.Outcome) + "**, for journey `" + s.Decision.JourneyID + "` (bound by " + s.Decision.BoundBy + ")"
	case s.Unknown:
		return "unknown to IDWise; a later event opens it again"
	case s.Look.UnderWay:
		return "it is asking IDWise for the result right now"
	case s.Unbound != "":
		text, then = "finished, and it waits for the update `link`: a person says whose it is", "the ledger is asked again"
	case !s.Look.MissingSince.IsZero():
		text = "IDWise says there is no such spot check"
	}
	if at := s.Deadline(); !at.IsZero() {
		text += "; at " + clock(at) + " " + then
	}
	return text
}
