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

// StepOutcome is a custom step's answer. The zero value is no answer at all.
type StepOutcome string

// A step passes only by saying so.
const (
	StepPassed       StepOutcome = "passed"
	StepFailed       StepOutcome = "failed"
	StepInconclusive StepOutcome = "inconclusive"
	// StepPending says that the answer comes later, announced by StepAnswered.
	StepPending StepOutcome = "pending"
	// StepSkipped is Apply's own: the declared condition did not hold.
	StepSkipped StepOutcome = "skipped"
)

// StepAnswer is what a custom step's activity answers. It is the contract for
// steps in any language: {"outcome": "passed|failed|inconclusive", "reason": "…"}.
type StepAnswer struct {
	Outcome StepOutcome `json:"outcome"`
	// Reason is a short code, never personal data: "no_record", "mismatch".
	Reason string `json:"reason,omitempty"`
	// Subject is the verdict's Subject that was judged; empty when not known.
	Subject string `json:"subject,omitempty"`
}

// ReviewKind says where a person decides.
type ReviewKind string

// A vendor review is decided in the vendor's dashboard, a local one by our API.
const (
	ReviewVendor ReviewKind = "vendor"
	ReviewLocal  ReviewKind = "local"
)

// Review is an open review.
type Review struct {
	// ID changes whenever the facts under review do.
	ID     string     `json:"id"`
	Kind   ReviewKind `json:"kind"`
	Reason string     `json:"reason"`
	Since  time.Time  `json:"since"`
	Ladder Ladder     `json:"ladder,omitzero"`
}

// State is all that a journey remembers. It is carried from run to run, so every
// field is JSON and everything that grows is bounded.
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

	// LookAt is when the journey fetches of its own accord, which no hint postpones.
	// WishAt is when it fetches because something asks for it, Hinted if that is a
	// webhook. Looking is true while a fetch is under way, Dirty when a wish came after
	// it was scheduled.
	LookAt  time.Time `json:"lookAt,omitzero"`
	WishAt  time.Time `json:"wishAt,omitzero"`
	Hinted  bool      `json:"hinted,omitempty"`
	Looking bool      `json:"looking,omitempty"`
	Dirty   bool      `json:"dirty,omitempty"`
	// HintsPaid is the end of the time that the fetches caused by webhooks have used up.
	HintsPaid time.Time `json:"hintsPaid,omitzero"`
	// Silent counts the silences that ended in this phase.
	Silent int `json:"silent,omitempty"`
	// MissingSince is the first of an unbroken row of "no such journey".
	MissingSince time.Time `json:"missingSince,omitzero"`
	Claim        Claim     `json:"claim,omitzero"`
	// Links are the traces of the webhooks that no look has followed yet; Causes of
	// those that the last look followed, and so of all that came from it.
	Links  []string `json:"links,omitempty"`
	Causes []string `json:"causes,omitempty"`

	// The custom steps: what was hinted, what was answered, what is under way.
	UserStepsHinted bool      `json:"userStepsHinted,omitempty"`
	Steps           []StepRun `json:"steps,omitempty"`
	Running         string    `json:"running,omitempty"`
	Completing      bool      `json:"completing,omitempty"`
	Completed       bool      `json:"completed,omitempty"`
	// Waiting is the step whose answer is announced for later, WaitUntil the end of
	// the time it has.
	Waiting   string    `json:"waiting,omitempty"`
	WaitUntil time.Time `json:"waitUntil,omitzero"`
	// Announced is the step whose answer was announced while it was running.
	Announced string `json:"announced,omitempty"`
	// Retries counts the steps that operators had run again.
	Retries int `json:"retries,omitempty"`

	Review   *Review   `json:"review,omitempty"`
	Standing Standing  `json:"standing"`
	Decided  *Decision `json:"decided,omitempty"`
	// DecidedRound is the Round that the last decision was made in: what was submitted
	// again is decided again, even if the outcome is the same.
	DecidedRound int `json:"decidedRound,omitempty"`
	// DecidedLacks says that what a renewal would show was there when it was made.
	DecidedLacks bool `json:"decidedLacks,omitempty"`
	// DecidedSteps are the custom steps of the policy that it was made under.
	DecidedSteps []string `json:"decidedSteps,omitempty"`
	// Adopted says that the first decision was the vendor's before our time, so that
	// none of our custom steps is expected for it.
	Adopted bool `json:"adopted,omitempty"`
	// Clock is that of the review, open or paused; Ladders are as of the last fetch.
	Clock   Clock    `json:"clock,omitzero"`
	Ladders []Ladder `json:"ladders,omitempty"`
	// Subject is the last that a verdict showed.
	Subject string `json:"subject,omitempty"`
	// Round counts the resubmissions, SubjectSince is when what is judged last
	// changed. Asked and Exceeded are what webhooks claimed and the API does not show.
	Round        int       `json:"round,omitempty"`
	SubjectSince time.Time `json:"subjectSince,omitzero"`
	// SubjectBefore is what was judged before that.
	SubjectBefore string        `json:"subjectBefore,omitempty"`
	Resubmission  *Resubmission `json:"resubmission,omitempty"`
	Asked         *Resubmission `json:"asked,omitempty"`
	Exceeded      *Exceeded     `json:"exceeded,omitempty"`
	// RenewalQuiet is until when a person hears of no further unconfirmed renewal.
	RenewalQuiet time.Time `json:"renewalQuiet,omitzero"`
	// SpotFailed is the spot check that a local review has to judge.
	SpotFailed string `json:"spotFailed,omitempty"`
	// Told is the hash of the snapshot that the ledger was last sent.
	Told string `json:"told,omitempty"`
	// ToldOpen is the hash of what in it waits for people, ToldAt its time: of two
	// snapshots the later one counts.
	ToldOpen string    `json:"toldOpen,omitempty"`
	ToldAt   time.Time `json:"toldAt,omitzero"`
	// Sending counts the messages on their way, by lane: behind one that an endpoint
	// does not take, the ledger is told by a lane of its own.
	Sending map[string]int `json:"sending,omitempty"`
	// Imported says that the customer named this journey as one from before our time.
	Imported bool `json:"imported,omitempty"`
	// Erasing is true while the erasure is under way.
	Erasing bool `json:"erasing,omitempty"`
	// Rejected remembers a rejection, or a hold of which only the ledger knows, until
	// a person approves.
	Rejected *Rejection `json:"rejected,omitempty"`
	// Accepted are the AML matches that the last approval rests on; only with
	// AcceptedKnown is any other match a new one.
	Accepted      []string `json:"accepted,omitempty"`
	AcceptedKnown bool     `json:"acceptedKnown,omitempty"`
	// AMLSeen are the matches of the last finished verdict, by key, and AMLVersion
	// the highest version that a verdict has shown.
	AMLSeen    []string `json:"amlSeen,omitempty"`
	AMLKnown   bool     `json:"amlKnown,omitempty"`
	AMLVersion int      `json:"amlVersion,omitempty"`
	// AMLAsking is the highest version asked for in the AML history, while it is.
	AMLAsking int `json:"amlAsking,omitempty"`
	// AMLAskedSeen are the matches' keys as they were when it was asked.
	AMLAskedSeen []string `json:"amlAskedSeen,omitempty"`
	Alerts       []Alert  `json:"alerts,omitempty"`
	// Face is the last comparison seen, and the subject it was first seen for.
	Face *SeenFace `json:"face,omitempty"`
	// Reruns counts the custom steps that were run again because they had judged
	// something else than the result shows.
	Reruns int `json:"reruns,omitempty"`

	Attention  []AttentionItem `json:"attention,omitempty"`
	Seen       []string        `json:"seen,omitempty"`
	LastEffect int             `json:"lastEffect,omitempty"`
	Counts     Counts          `json:"counts"`
}

// StepRun is what became of one custom step.
type StepRun struct {
	Name    string      `json:"name"`
	Outcome StepOutcome `json:"outcome"`
	Reason  string      `json:"reason,omitempty"`
	Subject string      `json:"subject,omitempty"`
}

// Rejection is what a rejection rested on. The vendor's reviewer overturns it by a
// final decision that was not there then; an empty one was never known.
type Rejection struct {
	Final string `json:"finalDecision,omitempty"`
}

// SeenFace is a comparison and the subject it was first seen for.
type SeenFace struct {
	FaceComparison
	Subject string `json:"subject,omitempty"`
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
func (s *State) over() bool { return s.Phase == Ended || s.Phase == Erased }

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
