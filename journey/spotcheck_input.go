package journey

// SpotRules is the version of SpotApply's behaviour and MinSpotRules the oldest that it
// has a branch for, as Rules and MinRules are of Apply's.
const (
	SpotRules    = 1
	MinSpotRules = 1
)

// SpotStateVersion is the version of SpotState's JSON form.
const SpotStateVersion = 1

// PhaseSpotCheck is what the search attribute JourneyPhase says of a spot check, which
// has no phases of its own.
const PhaseSpotCheck Phase = "spot_check"

// SpotLink is a person's word on which journey a spot check belongs to.
type SpotLink struct {
	JourneyID string `json:"journeyId"`
	Actor     string `json:"actor"` // the token's name, never the caller's word
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
	// Claimed is the journey that the vendor's older webhook named; empty for none.
	Claimed string `json:"claimed,omitempty"`
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
	Claimed bool `json:"claimed,omitempty"`
	Linked  bool `json:"linked,omitempty"`
	// Decided is the ledger's decision on this spot check, nil if there is none.
	Decided *SpotDecision `json:"decided,omitempty"`
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

// The effects of a spot check beside EffectPublish.
const (
	EffectFetchSpotCheck EffectKind = "FetchSpotCheck"
	EffectHandOver       EffectKind = "HandOver"
)

// LaneHandOver is the lane of EffectHandOver.
const LaneHandOver = "hand-over"
