package journey

import "time"

// LadderReview names the ladder of reviews; an AML alert's is named by its
// severity, see [AlertLadder].
const LadderReview = "review"

// AlertLadder names the ladder of AML alerts of a severity.
func AlertLadder(s Severity) string { return "aml_" + string(s) }

// Ladder is a declared ladder as instants: when people are reminded of what waits
// for them, when it is overdue, and when the policy decides in their place. It is
// computed where calendars are known, never in Step.
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
	// Overdue is true from EscalateAt on.
	Overdue bool `json:"overdue,omitempty"`
}

// Clock counts how long a person has been awaited, in the declared working hours.
// It stands still while the user has to submit something again.
type Clock struct {
	// Spent was counted before Since; Since is zero while the clock stands still.
	Spent Duration  `json:"spent,omitempty"`
	Since time.Time `json:"since,omitzero"`
}
