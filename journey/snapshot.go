package journey

import (
	"encoding/json"
	"slices"
	"time"
)

// Outbox is what is on its way to the ledger and the endpoints, and what the ledger
// was last sent.
type Outbox struct {
	// Sending counts the messages on their way, by lane: behind one that an endpoint
	// does not take, the ledger is sent its snapshot by a lane of its own.
	Sending map[string]int `json:"sending,omitempty"`
	// Shown is the hash of the last snapshot, ShownOpen of what in it waits for
	// people, ShownAt its time: of two snapshots the later one counts.
	Shown     string    `json:"shown,omitempty"`
	ShownOpen string    `json:"shownOpen,omitempty"`
	ShownAt   time.Time `json:"shownAt,omitzero"`
}

// Snapshot is what the ledger shows of a journey without asking Temporal. The one
// with the latest At counts.
type Snapshot struct {
	At           time.Time       `json:"at"`
	Phase        Phase           `json:"phase"`
	Since        time.Time       `json:"since"` // of the phase
	Flow         string          `json:"flow,omitempty"`
	Review       *Review         `json:"review,omitempty"`
	Resubmission *Resubmission   `json:"resubmission,omitempty"`
	Alerts       []Alert         `json:"alerts,omitempty"`
	Attention    []AttentionItem `json:"attention,omitempty"`
	Adopted      bool            `json:"adopted,omitempty"`
}

// CustomerStatus is what a customer's app shows its user.
type CustomerStatus string

// The statuses. Only a numbered decision leads to one of the last four.
const (
	StatusPending        CustomerStatus = "pending"
	StatusActionRequired CustomerStatus = "action_required"
	StatusApproved       CustomerStatus = "approved"
	StatusDeclined       CustomerStatus = "declined"
	StatusOnHold         CustomerStatus = "on_hold"
	StatusExpired        CustomerStatus = "expired"
)

// StatusOf says what a customer's app shows: what the user has to do, else what was
// decided. An approval that was put on hold is nowhere still approved.
func StatusOf(p Phase, standing Outcome) CustomerStatus {
	if p == AwaitingResubmission {
		return StatusActionRequired
	}
	switch standing {
	case OutcomeApproved:
		return StatusApproved
	case OutcomeRejected:
		return StatusDeclined
	case OutcomeOnHold:
		return StatusOnHold
	case OutcomeExpired:
		return StatusExpired
	default:
		return StatusPending
	}
}

// snapshot is what the ledger shall show from now on.
func (s *State) snapshot(now time.Time) Snapshot {
	return Snapshot{
		At: now, Phase: s.Phase, Since: s.Since, Flow: s.Policy.Flow, Review: s.Reviews.Open,
		Resubmission: s.Rounds.Open, Alerts: s.AML.Alerts, Attention: s.Attention, Adopted: s.Decided.Adopted,
	}
}

// key names what a snapshot shows, whenever it was taken.
func (s Snapshot) key() string {
	s.At, s.Since = time.Time{}, time.Time{}
	text, err := json.Marshal(s) //workflowcheck:ignore (map keys are sorted)
	if err != nil {              // texts, numbers and times: a failure is a bug in the types
		panic("marshalling a snapshot: " + err.Error())
	}
	return hash(string(text))[:16]
}

// open names what of a snapshot waits for people; "" if nothing does.
func (s Snapshot) open() string {
	if s.Review == nil && len(s.Alerts)+len(s.Attention) == 0 {
		return ""
	}
	return Snapshot{Review: s.Review, Alerts: s.Alerts, Attention: s.Attention}.key()
}

// tellLedger lets the ledger know what it shall show. Whatever is published takes
// the snapshot along. Without that it is told by itself, but only of a journey at
// rest, or that no longer waits for a person as it did, so that passing states cost
// nothing.
func (s *State) tellLedger(effects []Effect, now time.Time) []Effect {
	// Two words of one instant must not race each other: the later one is a
	// nanosecond later.
	at := now.Add(time.Nanosecond)
	if !at.After(s.Outbox.ShownAt) {
		at = s.Outbox.ShownAt.Add(time.Nanosecond)
	}
	snapshot := s.snapshot(at)
	key, open := snapshot.key(), snapshot.open()
	first := slices.IndexFunc(effects, func(e Effect) bool { return e.Publish != nil })
	if key == s.Outbox.Shown || first < 0 && !s.AtRest() && (open == s.Outbox.ShownOpen || s.Look.UnderWay) {
		return effects
	}
	s.Outbox.Shown, s.Outbox.ShownOpen, s.Outbox.ShownAt = key, open, at
	if first < 0 || s.Outbox.Sending[effects[first].Lane] > 1 {
		// Nothing is published, or only behind what an endpoint does not take.
		m := Message{Account: s.Account, JourneyID: s.JourneyID, At: now}
		m.ID = messageID("pha", s.Account, s.JourneyID, key, now.Format(time.RFC3339Nano))
		effects = append(effects, Effect{Kind: EffectPublish, Lane: LaneLedger, Publish: &PublishInput{Message: m}})
		first = len(effects) - 1
	}
	effects[first].Publish.Snapshot = &snapshot
	return effects
}
