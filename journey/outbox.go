package journey

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MessageType names a notification to the customer's systems.
type MessageType string

// The notifications. Only MessageDecided carries a decision.
const (
	MessageDecided        MessageType = "journey.decided"
	MessageReviewRequired MessageType = "journey.review_required"
	MessageAttention      MessageType = "journey.attention"
	MessageAMLChanged     MessageType = "aml.changed"

	MessageAdopted              MessageType = "journey.adopted"
	MessageReviewReminder       MessageType = "journey.review_reminder"
	MessageReviewOverdue        MessageType = "journey.review_overdue"
	MessageResubmissionRequired MessageType = "journey.resubmission_required"
	MessageRenewalDue           MessageType = "journey.renewal_due"
	MessageRenewalOverdue       MessageType = "journey.renewal_overdue"
	MessageErased               MessageType = "journey.erased"
	MessageSpotCheckDecided     MessageType = "spot_check.decided"
)

// Stream is an order that deliveries keep; messages of no stream are unordered.
type Stream string

// The streams are strictly ordered per journey and endpoint.
const (
	StreamDecisions Stream = "decisions"
	StreamAML       Stream = "aml"
)

// Message is one notification. The customer's reference is added only when it is sent, so
// that no workflow history contains it.
type Message struct {
	// ID is the idempotency key, the same in all attempts and for all endpoints; for a
	// decision the decision's ID.
	ID        string      `json:"id"`
	Type      MessageType `json:"type"`
	Stream    Stream      `json:"stream,omitempty"`
	Account   string      `json:"account"`
	JourneyID string      `json:"journeyId"`
	Phase     Phase       `json:"phase"`
	At        time.Time   `json:"at"`

	// Decision is that of MessageDecided, and the baseline of MessageAdopted.
	Decision     *Decision      `json:"decision,omitempty"`
	Review       *Review        `json:"review,omitempty"`
	Attention    *AttentionItem `json:"attention,omitempty"`
	AML          *AMLChange     `json:"aml,omitempty"`
	Alert        *Alert         `json:"alert,omitempty"` // of a reminder or an overdue alert
	Resubmission *Resubmission  `json:"resubmission,omitempty"`
	SpotCheck    *SpotDecision  `json:"spotCheck,omitempty"`
}

// AMLChange says what changed between two fetches of the AML matches: the vendor's match
// ids and counts by dataset, no names.
type AMLChange struct {
	Version  int            `json:"version"`
	Added    []string       `json:"added,omitempty"`
	Removed  []string       `json:"removed,omitempty"`
	Changed  []string       `json:"changed,omitempty"`
	Datasets map[string]int `json:"datasets,omitempty"`
	// Severity is that of the most severe dataset concerned, Alert the id of the
	// alert that the change opened or joined.
	Severity Severity `json:"severity,omitempty"`
	Alert    string   `json:"alert,omitempty"`
	// Gap is true when versions before this one could not be told apart.
	Gap bool `json:"gap,omitempty"`
}

// Outbox is what is on its way to the ledger and the endpoints, and what the ledger
// was last sent.
type Outbox struct {
	Sending map[string]int `json:"sending,omitempty"` // messages on their way, by lane
	// Shown is the hash of the last snapshot, ShownOpen of what in it waits for
	// people, ShownAt its time.
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

var statuses = map[Outcome]CustomerStatus{
	OutcomeApproved: StatusApproved, OutcomeRejected: StatusDeclined,
	OutcomeOnHold: StatusOnHold, OutcomeExpired: StatusExpired,
}

// StatusOf says what a customer's app shows: what the user has to do, else what was
// decided. An approval that was put on hold is shown as on hold.
func StatusOf(p Phase, standing Outcome) CustomerStatus {
	if p == AwaitingResubmission {
		return StatusActionRequired
	}
	return cmp.Or(statuses[standing], StatusPending)
}

// key names what a snapshot shows, regardless of its time.
func (s Snapshot) key() string {
	s.At, s.Since = time.Time{}, time.Time{}
	return hash(jsonOf(s))[:16]
}

// open names what in a snapshot waits for people; "" if nothing does.
func (s Snapshot) open() string {
	if s.Review == nil && len(s.Alerts)+len(s.Attention) == 0 {
		return ""
	}
	return Snapshot{Review: s.Review, Alerts: s.Alerts, Attention: s.Attention}.key()
}

// send makes one effect per endpoint. Messages of a stream share a lane per endpoint,
// so they keep their order; any other has its own. A decision is recorded at once, also
// without an endpoint or where a lane waits for one.
func (o *Outbox) send(m Message, endpoints []string) []Effect {
	var effects []Effect
	waits := len(endpoints) == 0
	for _, endpoint := range endpoints {
		lane := fmt.Sprintf("%s@%s", m.Stream, endpoint)
		if m.Stream == "" {
			lane = fmt.Sprintf("%s@%s", m.ID, endpoint)
		}
		waits = waits || o.Sending[lane] > 0
		o.Sending[lane]++
		effects = append(effects, publishing(lane, PublishInput{Message: m, Endpoint: endpoint}))
	}
	if waits && m.Decision != nil {
		effects = slices.Insert(effects, 0, publishing(LaneLedger, PublishInput{Message: m}))
	}
	return effects
}

func publishing(lane string, in PublishInput) Effect {
	return Effect{Kind: EffectPublish, Lane: lane, Publish: &in}
}

// sent takes the end of a message's way.
func (o *Outbox) sent(lane string) {
	if o.Sending[lane]--; o.Sending[lane] <= 0 {
		delete(o.Sending, lane)
	}
}

// publish sends a message to the customer's endpoints.
func (s *State) publish(m Message, now time.Time) []Effect {
	m.Account, m.JourneyID, m.At = s.Account, s.JourneyID, now
	return s.Outbox.send(m, s.Policy.Endpoints)
}

// onPublished takes how a message ended. If the ledger holds another decision under
// the number (this history was reset), the ledger is right: the journey takes up its
// standing and decides again on top of it where the facts ask for that.
func (s *State) onPublished(p Published, now time.Time) []Effect {
	s.Outbox.sent(p.Lane)
	switch ledger := p.Answer.Conflict; {
	case ledger != nil:
		s.takeStanding(*ledger)
		s.Look.wish(now, false)
		return nil
	case p.Answer.Parked:
		s.Counts.Parked++
		return s.raise(AttentionDeliveryParked, p.Endpoint, now)
	default:
		return nil
	}
}

// publishSnapshot keeps what the ledger shows up to date. Any message takes the snapshot
// along. Without one it is recorded alone, but only of a journey at rest, or that no longer
// waits for a person as it did: passing states cost nothing.
func (s *State) publishSnapshot(effects []Effect, now time.Time) []Effect {
	// Of two snapshots of one instant, the later one has to count in the ledger.
	at := now.Add(time.Nanosecond)
	if !at.After(s.Outbox.ShownAt) {
		at = s.Outbox.ShownAt.Add(time.Nanosecond)
	}
	snapshot := Snapshot{
		At: at, Phase: s.Phase, Since: s.Since, Flow: s.Policy.Flow, Review: s.Reviews.Open,
		Resubmission: s.Rounds.Open, Alerts: s.AML.Alerts, Attention: s.Attention, Adopted: s.Decided.Adopted,
	}
	key, open := snapshot.key(), snapshot.open()
	first := slices.IndexFunc(effects, func(e Effect) bool { return e.Publish != nil })
	if key == s.Outbox.Shown || first < 0 && !s.AtRest() && (open == s.Outbox.ShownOpen || s.Look.UnderWay) {
		return effects
	}
	s.Outbox.Shown, s.Outbox.ShownOpen, s.Outbox.ShownAt = key, open, at
	if first < 0 || s.Outbox.Sending[effects[first].Lane] > 1 {
		// There is no message, or it waits behind what an endpoint does not take.
		m := Message{ID: s.id("pha", key, stamp(now)), Account: s.Account, JourneyID: s.JourneyID, At: now}
		first = len(effects)
		effects = append(effects, publishing(LaneLedger, PublishInput{Message: m}))
	}
	effects[first].Publish.Snapshot = &snapshot
	return effects
}

// id names a message or a review of this journey for ever.
func (s *State) id(prefix string, parts ...string) string {
	return messageID(prefix, slices.Concat([]string{s.Account, s.JourneyID}, parts)...)
}

func messageID(prefix string, parts ...string) string { return prefix + "_" + hash(parts...)[:32] }

// stamp is the part of an id that tells occurrences of the same thing apart. Replay and
// retries keep it.
func stamp(now time.Time) string { return now.Format(time.RFC3339Nano) }

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

func jsonOf(v any) string {
	text, err := json.Marshal(v) //workflowcheck:ignore (map keys are sorted)
	if err != nil {              // texts, numbers and times: a failure is a bug in the types
		panic(fmt.Sprintf("marshalling a %T: %v", v, err))
	}
	return string(text)
}
