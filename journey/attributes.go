package journey

import "time"

// Attributes are what an operator searches journeys by. They stay in plain text
// in Temporal for ever: no personal data, the reference only as a keyed hash.
type Attributes struct {
	Phase     Phase
	Standing  Outcome
	Account   string
	Flow      string
	Reference string
	// Attention is the oldest open code.
	Attention AttentionCode
	// DueAt is the next instant at which the journey acts by itself; zero if none.
	DueAt time.Time
}

// Attributes derives the search attributes from the state.
func (s State) Attributes() Attributes {
	return Attributes{
		Phase: s.Phase, Standing: s.Standing.Outcome, Account: s.Account,
		Flow: s.Policy.Flow, Reference: s.ReferenceHash, DueAt: s.Deadline(), Attention: s.Attention.oldest(),
	}
}

// AtRest says that the journey waits for somebody and not for its own work, so
// that its search attributes are worth an update.
func (s State) AtRest() bool {
	switch s.Phase {
	case Settled, AwaitingReview, AwaitingResubmission, Unknown, Expired, Ended, Erased:
		return !s.Look.UnderWay && s.Steps.Running == "" && !s.Steps.Completing
	default:
		return len(s.Attention) > 0 && !s.Look.UnderWay
	}
}
