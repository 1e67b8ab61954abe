package journey

import (
	"slices"
	"strconv"
	"time"
)

// ReviewKind says where a person decides.
type ReviewKind string

// A vendor review is decided in the vendor's dashboard, a local one by our API.
const (
	ReviewVendor ReviewKind = "vendor"
	ReviewLocal  ReviewKind = "local"
)

// Review is an open review.
type Review struct {
	ID     string     `json:"id"` // changes whenever the facts under review do
	Kind   ReviewKind `json:"kind"`
	Reason string     `json:"reason"`
	Since  time.Time  `json:"since"`
	Ladder Ladder     `json:"ladder,omitzero"`
}

// Reviews are what a person has to decide, and how long they have been awaited.
type Reviews struct {
	Open       *Review  `json:"open,omitempty"`
	Clock      Clock    `json:"clock,omitzero"`       // of the review, open or paused
	Ladders    []Ladder `json:"ladders,omitempty"`    // as of the last fetch
	SpotFailed string   `json:"spotFailed,omitempty"` // the spot check that a local review has to judge
}

// LadderReview names the ladder of reviews; an AML alert's is named by its
// severity, see [AlertLadder].
const LadderReview = "review"

// AlertLadder names the ladder of AML alerts of a severity.
func AlertLadder(s Severity) string { return "aml_" + string(s) }

// Ladder is a declared ladder as instants: when people are reminded of what waits
// for them, when it is overdue, and when the policy decides in their place. It is
// computed where calendars are known, never in Apply.
type Ladder struct {
	Name       string      `json:"name,omitempty"`
	Spent      Duration    `json:"spent,omitempty"` // on the clock when the instants were computed
	Remind     []time.Time `json:"remind,omitempty"`
	EscalateAt time.Time   `json:"escalateAt,omitzero"`
	FinallyAt  time.Time   `json:"finallyAt,omitzero"`
	Finally    Outcome     `json:"finally,omitempty"` // what the policy then decides: rejected or on_hold
	Overdue    bool        `json:"overdue,omitempty"` // from EscalateAt on
	Looked     bool        `json:"looked,omitempty"`  // the last fetch before Finally has been asked for
}

// Clock counts how long a person has been awaited, in the declared working hours.
// It stands still while the user has to submit something again.
type Clock struct {
	Spent Duration  `json:"spent,omitempty"` // before Since
	Since time.Time `json:"since,omitzero"`  // zero while the clock stands still
}

// next is the instant at which something of the ladder is due; zero if nothing is.
func (l Ladder) next() (at time.Time) {
	if len(l.Remind) > 0 {
		at = l.Remind[0]
	}
	if !l.Overdue {
		at = earlier(at, l.EscalateAt)
	}
	if !l.Looked && l.decides() {
		at = earlier(at, l.FinallyAt)
	}
	return at
}

// OverdueAt is when the ladder escalates, or at the latest has escalated by now; zero if never.
func (l Ladder) OverdueAt(now time.Time) time.Time {
	if l.Overdue && (l.EscalateAt.IsZero() || l.EscalateAt.After(now)) {
		return now
	}
	return l.EscalateAt
}

// climb takes the rungs that are due and names the message to send: overdue, or else a
// reminder, or none. Fetch is true when the last fetch is due.
func (l *Ladder) climb(now time.Time) (message MessageType, fetch bool) {
	for len(l.Remind) > 0 && !now.Before(l.Remind[0]) {
		l.Remind, message = l.Remind[1:], MessageReviewReminder
	}
	if !l.Overdue && !l.EscalateAt.IsZero() && !now.Before(l.EscalateAt) {
		l.Overdue, message = true, MessageReviewOverdue
	}
	if !l.Looked && l.ended(now) {
		l.Looked, fetch = true, true
	}
	return message, fetch
}

// decides says that the ladder ends in a decision. None approves.
func (l Ladder) decides() bool { return l.Finally == OutcomeRejected || l.Finally == OutcomeOnHold }

// ended says that the policy may decide in the person's place.
func (l Ladder) ended(now time.Time) bool {
	return l.decides() && !l.FinallyAt.IsZero() && !now.Before(l.FinallyAt)
}

// unconfirmed says that the review rests on webhooks alone, so that no ladder decides it.
func (r *Review) unconfirmed() bool { return r != nil && r.Reason == reasonUnconfirmed }

// declared is the declared ladder of that name, as of the last fetch.
func (r *Reviews) declared(name string) Ladder {
	if at := slices.IndexFunc(r.Ladders, func(l Ladder) bool { return l.Name == name }); at >= 0 {
		return r.Ladders[at]
	}
	return Ladder{Name: name}
}

// takeLadders takes the ladders of a fetch's answer, also for a review that began
// without one.
func (r *Reviews) takeLadders(ladders []Ladder) {
	r.Ladders = ladders
	if r.Open != nil && r.Open.Ladder.Name == "" {
		review := *r.Open
		review.Ladder = r.declared(LadderReview)
		r.Open = &review
	}
}

// pause closes the review and stops its clock, which continues later.
func (r *Reviews) pause() {
	if !r.Clock.Since.IsZero() {
		r.Clock = Clock{Spent: r.declared(LadderReview).Spent}
	}
	r.Open = nil
}

// end closes the review and resets its clock.
func (r *Reviews) end() { r.Open, r.Clock = nil, Clock{} }

// ladder is the declared ladder of that name. Its instants count from the answer that
// they came with: what begins later fetches again and takes the ladder of that answer.
func (s *State) ladder(name string, now time.Time) Ladder {
	if !s.VerdictAt.Equal(now) {
		s.Look.wish(now, false)
		return Ladder{}
	}
	return s.Reviews.declared(name)
}

// openReview opens a review, or leaves the one that is open for the same reason.
func (s *State) openReview(j Judgement, now time.Time) []Effect {
	facts := ""
	if j.Review == ReviewLocal { // what a person decides here is bound to what they saw
		facts = s.fingerprint(*s.Verdict)
	}
	id := s.id("rev", string(j.Review), j.Reason, facts, strconv.Itoa(s.Standing.Sequence), strconv.Itoa(s.Rounds.Number))
	open := s.Reviews.Open
	if open != nil && open.ID == id {
		return nil
	}
	review := Review{ID: id, Kind: j.Review, Reason: j.Reason, Since: now}
	switch {
	case review.unconfirmed(): // webhooks start no clock that decides
		review.Ladder.Name = reasonUnconfirmed
	case open != nil && !open.unconfirmed(): // other facts, but a person has been awaited all the while
		review.Ladder = open.Ladder
	default:
		if s.Reviews.Clock.Since.IsZero() {
			s.Reviews.Clock.Since = now
		}
		review.Ladder = s.ladder(LadderReview, now)
	}
	s.Reviews.Open = &review
	return s.publish(Message{ID: id, Type: MessageReviewRequired, Review: &review}, now)
}

// climb reminds people of the review and the alerts that wait for them.
func (s *State) climb(now time.Time) []Effect {
	var effects []Effect
	if s.Reviews.Open != nil {
		review := *s.Reviews.Open
		s.Reviews.Open = &review
		effects = s.remind(&review.Ladder, review.ID, Message{Review: &review}, now)
	}
	for i, alert := range s.AML.Alerts {
		effects = append(effects, s.remind(&alert.Ladder, alert.ID, Message{Alert: &alert}, now)...)
		s.AML.Alerts[i] = alert
	}
	return effects
}

// remind takes the rungs of one ladder. Where it ends in a decision, the API is asked
// once more first.
func (s *State) remind(l *Ladder, of string, m Message, now time.Time) []Effect {
	var fetch bool
	if m.Type, fetch = l.climb(now); fetch {
		s.Look.wish(now, false)
	}
	if m.Type == "" {
		return nil
	}
	m.ID = s.id("rem", string(m.Type), of, stamp(now))
	return s.publish(m, now)
}
