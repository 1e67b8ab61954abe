package journey

import "time"

// Input is one thing that Apply or SpotApply takes; exactly one field is set.
type Input struct {
	Event      *Event          `json:"event,omitempty"`
	Fetched    *FetchAnswer    `json:"fetched,omitempty"`
	Stepped    *Stepped        `json:"stepped,omitempty"`
	Completed  *CompleteAnswer `json:"completed,omitempty"`
	Published  *Published      `json:"published,omitempty"`
	Reviewed   *Reviewed       `json:"reviewed,omitempty"`
	Acted      *Act            `json:"acted,omitempty"`
	AMLFetched *AMLHistory     `json:"amlFetched,omitempty"`
	Erased     *EraseAnswer    `json:"erased,omitempty"`
	// A spot check's answers, and a person's link of it to a journey.
	SpotFetched *SpotAnswer     `json:"spotFetched,omitempty"`
	HandedOver  *HandOverAnswer `json:"handedOver,omitempty"`
	Linked      *SpotLink       `json:"linked,omitempty"`
	Quarantined string          `json:"quarantined,omitempty"` // why a signal could not be read
	// Tick follows the inputs that arrived together: Apply compares its deadlines with the
	// time and decides whether to fetch.
	Tick bool `json:"tick,omitempty"`
}

// Stepped is a custom step's answer, or what stands for it.
type Stepped struct {
	Step   string     `json:"step"`
	Answer StepAnswer `json:"answer"`
}

// CompleteAnswer is what the activity CompleteCustomStep answers. An empty
// Problem means that the vendor took the call.
type CompleteAnswer struct {
	Problem string `json:"problem,omitempty"`
}

// Published says how a message to one endpoint ended.
type Published struct {
	MessageID string        `json:"messageId"`
	Endpoint  string        `json:"endpoint"`
	Lane      string        `json:"lane,omitempty"`
	Answer    PublishAnswer `json:"answer"`
}

// PublishAnswer is what the activity Publish answers. Parked is true when the endpoint
// refused the message for good, or when the declared days of retrying are over; the
// message stays in the ledger. Conflict is the ledger's standing when it holds another
// decision under this number; nothing was sent then.
type PublishAnswer struct {
	Parked   bool      `json:"parked,omitempty"`
	Status   int       `json:"status,omitempty"`
	Conflict *Standing `json:"conflict,omitempty"`
}

// Reviewed is a person's decision on a local review, or their disposition of an AML
// alert. Review is the id of either, so that nobody decides about facts that came after
// they looked.
type Reviewed struct {
	Review      string      `json:"review"`
	Outcome     Outcome     `json:"outcome,omitempty"`     // of a review: approved or rejected
	Disposition Disposition `json:"disposition,omitempty"` // of an alert
	Actor       string      `json:"actor"`                 // the token's name, never what the caller claims
	Reason      string      `json:"reason"`
	AMLHidden   bool        `json:"amlHidden,omitempty"` // see [Act]
}

// Disposition is what a person found an AML alert to be.
type Disposition string

// A true match is the customer: the journey is rejected. False positives and
// accepted matches no longer stand against an approval.
const (
	TrueMatch     Disposition = "true_match"
	FalsePositive Disposition = "false_positive"
	AcceptedMatch Disposition = "accepted"
)

// Act is what an operator asks of a journey by an update; its Kind is the update's
// name.
type Act struct {
	Kind    string  `json:"kind"`
	Actor   string  `json:"actor"` // the token's name, never what the caller claims
	Reason  string  `json:"reason"`
	Outcome Outcome `json:"outcome,omitempty"` // of an override: approved, rejected or on_hold
	// Sequence is that of the standing which the operator saw when they overrode it.
	Sequence int    `json:"sequence,omitempty"`
	Step     string `json:"step,omitempty"` // of retry-step
	// AMLHidden says that the actor may not see AML. They end no hold, because a match
	// may be its reason, approve nothing by an override, and end no AML alert.
	AMLHidden bool `json:"amlHidden,omitempty"`
}

// Acted is what an update answers: the journey as it is after the act.
type Acted struct {
	Phase    Phase    `json:"phase"`
	Standing Standing `json:"standing"`
}

// AMLHistory is what the activity FetchAMLHistory answers: the changes of the
// versions asked for, in order, as far as the vendor lists them.
type AMLHistory struct {
	Problem Problem     `json:"problem,omitempty"`
	Changes []AMLChange `json:"changes,omitempty"`
}

// EraseAnswer is what the activity Erase answers. An empty Problem means that the
// vendor and the ledger hold no personal data of the journey any more. Endpoints are
// those to notify if the run has fetched no policy.
type EraseAnswer struct {
	Problem   string   `json:"problem,omitempty"`
	Endpoints []string `json:"endpoints,omitempty"`
}

// EffectKind says what an effect does to the world; each kind is one activity.
type EffectKind string

// The effects. A custom step's activity is named by its policy.
const (
	EffectFetch    EffectKind = "Fetch"
	EffectStep     EffectKind = "CustomStep"
	EffectComplete EffectKind = "CompleteCustomStep"
	EffectPublish  EffectKind = "Publish"
	EffectAML      EffectKind = "FetchAMLHistory"
	EffectErase    EffectKind = "Erase"
	// A spot check's, beside Publish.
	EffectFetchSpotCheck EffectKind = "FetchSpotCheck"
	EffectHandOver       EffectKind = "HandOver"
)

// The lanes: effects of one lane run one after the other, lanes side by side.
const (
	LaneVendor   = "vendor"
	LaneSteps    = "steps"
	LaneLedger   = "ledger"
	LaneAML      = "aml"
	LaneErase    = "erase"
	LaneHandOver = "hand-over"
)

// Effect is one thing to be done to the world. It stays pending until its answer
// has been given to Apply.
type Effect struct {
	ID   int        `json:"id"`
	Kind EffectKind `json:"kind"`
	Lane string     `json:"lane"`

	Fetch     *FetchInput     `json:"fetch,omitempty"`
	Step      *StepPolicy     `json:"step,omitempty"`
	StepIn    *StepInput      `json:"stepInput,omitempty"`
	Complete  *CompleteInput  `json:"complete,omitempty"`
	Publish   *PublishInput   `json:"publish,omitempty"`
	AML       *AMLInput       `json:"aml,omitempty"`
	Erase     *EraseInput     `json:"erase,omitempty"`
	SpotFetch *SpotFetchInput `json:"spotFetch,omitempty"`
	HandOver  *HandOverInput  `json:"handOver,omitempty"`
}

// number numbers the effects after the last one and adds whom they are about and the
// links of the webhooks that they follow. It returns the last number.
func number(effects []Effect, last int, about Start, links []string) int {
	for i := range effects {
		last++
		e := &effects[i]
		e.ID = last
		switch {
		case e.Fetch != nil:
			e.Fetch.Account, e.Fetch.JourneyID, e.Fetch.Links = about.Account, about.JourneyID, links
		case e.StepIn != nil:
			e.StepIn.Account, e.StepIn.JourneyID, e.StepIn.Links = about.Account, about.JourneyID, links
		case e.Complete != nil:
			e.Complete.Account, e.Complete.JourneyID, e.Complete.Links = about.Account, about.JourneyID, links
		case e.Publish != nil:
			e.Publish.Links = links
		case e.AML != nil:
			e.AML.Account, e.AML.JourneyID, e.AML.Links = about.Account, about.JourneyID, links
		case e.Erase != nil:
			e.Erase.Account, e.Erase.JourneyID = about.Account, about.JourneyID
		case e.SpotFetch != nil:
			e.SpotFetch.Account, e.SpotFetch.SpotID, e.SpotFetch.Links = about.Account, about.SpotID, links
		case e.HandOver != nil:
			e.HandOver.Links = links
		}
	}
	return last
}

// FetchInput asks for the journey's result.
type FetchInput struct {
	Account      string    `json:"account"`
	JourneyID    string    `json:"journeyId"`
	Phase        Phase     `json:"phase"`
	At           time.Time `json:"at,omitzero"` // when it was asked
	WantBaseline bool      `json:"wantBaseline,omitempty"`
	Hinted       bool      `json:"hinted,omitempty"` // only a webhook asked for it
	Clock        Clock     `json:"clock,omitzero"`   // of the review so far, for the ladders in the answer
	Links        []string  `json:"links,omitempty"`  // the traceparents of the webhooks that caused it
}

// AMLInput asks for the AML changes of the versions From to To, both included.
type AMLInput struct {
	Account   string   `json:"account"`
	JourneyID string   `json:"journeyId"`
	From      int      `json:"from"`
	To        int      `json:"to"`
	Links     []string `json:"links,omitempty"`
}

// EraseInput asks for the erasure of a journey's personal data at the vendor and in
// the ledger.
type EraseInput struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
}

// StepInput is the input of a custom step's activity. Round counts the resubmissions: an
// answer of an earlier round is void.
type StepInput struct {
	Account   string   `json:"account"`
	JourneyID string   `json:"journeyId"`
	Step      string   `json:"step"`
	Subject   string   `json:"subject,omitempty"`
	Round     int      `json:"round,omitempty"`
	Links     []string `json:"links,omitempty"`
}

// CompleteInput asks for the vendor's Complete Custom Step.
type CompleteInput struct {
	Account   string   `json:"account"`
	JourneyID string   `json:"journeyId"`
	Links     []string `json:"links,omitempty"`
}

// PublishInput asks for one message to be recorded and sent to one endpoint. An empty
// Endpoint only records it. The Snapshot is what the ledger shows of the journey from now
// on; it is not sent.
type PublishInput struct {
	Message  Message   `json:"message"`
	Endpoint string    `json:"endpoint,omitempty"`
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	Links    []string  `json:"links,omitempty"`
}
