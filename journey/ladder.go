package journey

import "time"

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

// Reviews are what a person has to decide, and how long they have been awaited.
type Reviews struct {
	Open *Review `json:"open,omitempty"`
	// Clock is that of the review, open or paused; Ladders are as of the last fetch.
	Clock   Clock    `json:"clock,omitzero"`
	Ladders []Ladder `json:"ladders,omitempty"`
	// SpotFailed is the spot check that a local review has to judge.
	SpotFailed string `json:"spotFailed,omitempty"`
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
	Name string `json:"name,omitempty"`
	// Spent is the working time that the clock had counted when the instants were
	// computed.
	Spent      Duration    `json:"spent,omitempty"`
	Remind     []time.Time `json:"remind,omitempty"`
	EscalateAt time.Time   `json:"escalateAt,omitzero"`
	FinallyAt  time.Time   `json:"finallyAt,omitzero"`
	// Finally is what the policy then decides: rejected or on_hold, never approved.
	Finally Outcome `json:"finally,omitempty"`
	// Overdue is true from EscalateAt on; Looked once the last look before Finally
	// has been asked for.
	Overdue bool `json:"overdue,omitempty"`
	Looked  bool `json:"looked,omitempty"`
}

// Clock counts how long a person has been awaited, in the declared working hours.
// It stands still while the user has to submit something again.
type Clock struct {
	// Spent was counted before Since; Since is zero while the clock stands still.
	Spent Duration  `json:"spent,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

// next is the instant at which something of the ladder is due; zero if nothing.
func (l Ladder) next() time.Time {
	var at time.Time
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

// climb takes the rungs that are due and says what to tell: being overdue, or else
// a reminder, or nothing. look is true when the last look is due.
func (l Ladder) climb(now time.Time) (after Ladder, tell MessageType, look bool) {
	for len(l.Remind) > 0 && !now.Before(l.Remind[0]) {
		l.Remind, tell = l.Remind[1:], MessageReviewReminder
	}
	if !l.Overdue && !l.EscalateAt.IsZero() && !now.Before(l.EscalateAt) {
		l.Overdue, tell = true, MessageReviewOverdue
	}
	if !l.Looked && l.over(now) {
		l.Looked, look = true, true
	}
	return l, tell, look
}

// decides says that the ladder ends in a decision. There is none that approves.
func (l Ladder) decides() bool { return l.Finally == OutcomeRejected || l.Finally == OutcomeOnHold }

// over says that the policy may decide in the person's place.
func (l Ladder) over(now time.Time) bool {
	return l.decides() && !l.FinallyAt.IsZero() && !now.Before(l.FinallyAt)
}

// ladder is the declared ladder of that name. Its instants count from the answer that
// they came with: what begins later looks again and takes up the ladder of then.
func (s *State) ladder(name string, now time.Time) Ladder {
	if !s.VerdictAt.Equal(now) {
		s.Look.wish(now, false)
		return Ladder{}
	}
	return s.declared(name)
}

func (s *State) declared(name string) Ladder {
	for _, l := range s.Reviews.Ladders {
		if l.Name == name {
			return l
		}
	}
	return Ladder{Name: name}
}

// takeLadders takes the ladders of a fetch's answer, also for what began without one.
func (s *State) takeLadders(ladders []Ladder) {
	s.Reviews.Ladders = ladders
	if r := s.Reviews.Open; r != nil && r.Ladder.Name == "" {
		review := *r
		review.Ladder = s.declared(LadderReview)
		s.Reviews.Open = &review
	}
	for i := range s.AML.Alerts {
		if s.AML.Alerts[i].Ladder.Name == "" {
			s.AML.Alerts[i].Ladder = s.declared(AlertLadder(s.AML.Alerts[i].Severity))
		}
	}
}

// climb reminds people of the review and the alerts that wait for them. Where a
// ladder ends in a decision, the API is asked once more first.
func (s *State) climb(now time.Time) []Effect {
	var effects []Effect
	if r := s.Reviews.Open; r != nil {
		review := *r
		var tell MessageType
		var look bool
		review.Ladder, tell, look = r.Ladder.climb(now)
		s.Reviews.Open = &review
		if tell != "" {
			effects = s.remind(Message{Type: tell, Review: s.Reviews.Open}, review.ID, now)
		}
		if look {
			s.Look.wish(now, false)
		}
	}
	for i := range s.AML.Alerts {
		var tell MessageType
		var look bool
		s.AML.Alerts[i].Ladder, tell, look = s.AML.Alerts[i].Ladder.climb(now)
		if tell != "" {
			alert := s.AML.Alerts[i]
			effects = append(effects, s.remind(Message{Type: tell, Alert: &alert}, alert.ID, now)...)
		}
		if look {
			s.Look.wish(now, false)
		}
	}
	return effects
}

func (s *State) remind(m Message, of string, now time.Time) []Effect {
	m.ID = messageID("rem", s.Account, s.JourneyID, string(m.Type), of, now.Format(time.RFC3339Nano))
	return s.publish(m, now)
}
