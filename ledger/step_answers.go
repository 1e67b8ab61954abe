package ledger

import (
	"context"
	"time"

	"idjourney/journey"
)

// StepAnswer is a custom step's answer in one round of a journey.
type StepAnswer struct {
	Account, JourneyID, Step string
	Round                    int
	// Subject is a hash of what was judged.
	Subject string
	Answer  journey.StepAnswer
	At      time.Time
}

// StepCall is an open call of a custom step, to be answered by callback.
type StepCall struct {
	Account, JourneyID, Step string
	Round                    int
	OpenedAt                 time.Time
}

// SaveStepAnswer records the first answer of a step in a round; fresh is false if
// there is one already, which stays. For a journey that was erased it is ErrErased.
func (l *Ledger) SaveStepAnswer(ctx context.Context, a StepAnswer) (fresh bool, err error) {
	return false, errUnbuilt
}

// StepAnswer returns a step's answer in a round, or ErrNotFound.
func (l *Ledger) StepAnswer(ctx context.Context, account, journeyID, step string, round int) (StepAnswer, error) {
	return StepAnswer{}, errUnbuilt
}

// OpenStepCall records that the bearer of the token with this hash may answer a step in
// a round. Opening it again changes nothing; several tokens may be open for one
// round. For a journey that was erased it is ErrErased.
func (l *Ledger) OpenStepCall(ctx context.Context, account, journeyID, step string, round int, tokenHash string, at time.Time) error {
	return errUnbuilt
}

// StepCallByToken returns the call that a token was opened for, or ErrNotFound.
func (l *Ledger) StepCallByToken(ctx context.Context, tokenHash string) (StepCall, error) {
	return StepCall{}, errUnbuilt
}
