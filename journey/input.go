package journey

// Input is one thing that Step is told; exactly one field is set.
type Input struct {
	Event       *Event          `json:"event,omitempty"`
	Fetched     *FetchAnswer    `json:"fetched,omitempty"`
	Stepped     *Stepped        `json:"stepped,omitempty"`
	Completed   *CompleteAnswer `json:"completed,omitempty"`
	Published   *Published      `json:"published,omitempty"`
	Reviewed    *Reviewed       `json:"reviewed,omitempty"`
	Quarantined string          `json:"quarantined,omitempty"` // why a signal could not be read
	// Tick says that everything which arrived together has been told, and that
	// time has passed: Step looks at its deadlines and decides whether to fetch.
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
	Answer    PublishAnswer `json:"answer"`
}

// PublishAnswer is what the activity Publish answers.
type PublishAnswer struct {
	// Parked is true when the endpoint refused the message for good, or when the
	// declared days of retrying are over. The message stays in the ledger.
	Parked bool `json:"parked,omitempty"`
	Status int  `json:"status,omitempty"`
	// Conflict is the ledger's standing when it holds another decision under this
	// number; nothing was sent then.
	Conflict *Standing `json:"conflict,omitempty"`
}

// Reviewed is a person's decision on a local review.
type Reviewed struct {
	// Review is the id of the review that is decided, so that nobody decides about
	// facts that came after they looked.
	Review  string  `json:"review"`
	Outcome Outcome `json:"outcome"` // approved or rejected
	Actor   string  `json:"actor"`
	Reason  string  `json:"reason"`
}

// EffectKind says what an effect does to the world; each kind is one activity.
type EffectKind string

// The effects. A custom step's activity is named by its policy.
const (
	EffectFetch    EffectKind = "Fetch"
	EffectStep     EffectKind = "CustomStep"
	EffectComplete EffectKind = "CompleteCustomStep"
	EffectPublish  EffectKind = "Publish"
)

// The lanes: effects of one lane run one after the other, lanes side by side.
const (
	LaneVendor = "vendor"
	LaneSteps  = "steps"
	LaneLedger = "ledger"
)

// Effect is one thing to be done to the world. It stays pending until its answer
// has been given to Step.
type Effect struct {
	ID   int        `json:"id"`
	Kind EffectKind `json:"kind"`
	Lane string     `json:"lane"`

	Fetch    *FetchInput    `json:"fetch,omitempty"`
	Step     *StepPolicy    `json:"step,omitempty"`
	StepIn   *StepInput     `json:"stepInput,omitempty"`
	Complete *CompleteInput `json:"complete,omitempty"`
	Publish  *PublishInput  `json:"publish,omitempty"`
}

// causedBy names the webhooks that an effect follows; a fetch knows its own.
func (e *Effect) causedBy(links []string) {
	switch {
	case e.StepIn != nil:
		e.StepIn.Links = links
	case e.Complete != nil:
		e.Complete.Links = links
	case e.Publish != nil:
		e.Publish.Links = links
	}
}

// FetchInput asks for the journey's result. Links are the traceparents of the
// webhooks that caused it.
type FetchInput struct {
	Account      string   `json:"account"`
	JourneyID    string   `json:"journeyId"`
	Phase        Phase    `json:"phase"`
	WantBaseline bool     `json:"wantBaseline,omitempty"`
	Links        []string `json:"links,omitempty"`
}

// StepInput is what a custom step's activity is told.
type StepInput struct {
	Account   string   `json:"account"`
	JourneyID string   `json:"journeyId"`
	Step      string   `json:"step"`
	Subject   string   `json:"subject,omitempty"`
	Links     []string `json:"links,omitempty"`
}

// CompleteInput asks for the vendor's Complete Custom Step.
type CompleteInput struct {
	Account   string   `json:"account"`
	JourneyID string   `json:"journeyId"`
	Links     []string `json:"links,omitempty"`
}

// PublishInput asks for one message to be recorded and sent to one endpoint. An
// empty Endpoint only records it.
type PublishInput struct {
	Message  Message  `json:"message"`
	Endpoint string   `json:"endpoint,omitempty"`
	Links    []string `json:"links,omitempty"`
}
