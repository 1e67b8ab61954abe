package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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
	if a.Account == "" || a.JourneyID == "" || a.Step == "" || a.Answer.Outcome == "" {
		return false, errors.New("saving step answer: account, journey id, step or outcome is missing")
	}
	content, err := json.Marshal(a.Answer)
	if err != nil {
		return false, fmt.Errorf("saving step answer: %w", err)
	}
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		if err := l.mustLive(ctx, tx, a.Account, a.JourneyID); err != nil {
			return err
		}
		var taken string
		fresh, err = one(ctx, tx, `INSERT INTO step_answers (account, journey_id, step, round, subject, content, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, journey_id, step, round) DO NOTHING RETURNING step`,
			[]any{a.Account, a.JourneyID, a.Step, a.Round, text(a.Subject), text(string(content)), nanos(a.At)}, &taken)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("saving step answer: %w", err)
	}
	return fresh, nil
}

// StepAnswer returns a step's answer in a round, or ErrNotFound.
func (l *Ledger) StepAnswer(ctx context.Context, account, journeyID, step string, round int) (StepAnswer, error) {
	a := StepAnswer{Account: account, JourneyID: journeyID, Step: step, Round: round}
	var content []byte
	var at int64
	found, err := one(ctx, l.read, `SELECT subject, content, at FROM step_answers
		WHERE account = $1 AND journey_id = $2 AND step = $3 AND round = $4`,
		[]any{account, journeyID, step, round}, &a.Subject, &content, &at)
	switch {
	case err == nil && !found:
		err = ErrNotFound
	case err == nil:
		err = json.Unmarshal(content, &a.Answer)
	}
	if err != nil {
		return StepAnswer{}, fmt.Errorf("reading step answer: %w", err)
	}
	a.At = fromNanos(at)
	return a, nil
}

// OpenStepCall records that the bearer of the token with this hash may answer a step in
// a round. Opening it again changes nothing; several tokens may be open for one
// round. For a journey that was erased it is ErrErased.
func (l *Ledger) OpenStepCall(ctx context.Context, account, journeyID, step string, round int, tokenHash string, at time.Time) error {
	if account == "" || journeyID == "" || step == "" || tokenHash == "" {
		return errors.New("opening step call: account, journey id, step or token is missing")
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := l.mustLive(ctx, tx, account, journeyID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO step_calls (token_hash, account, journey_id, step, round, opened_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_hash) DO NOTHING`,
			tokenHash, account, journeyID, step, round, nanos(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("opening step call: %w", err)
	}
	return nil
}

// StepCallByToken returns the call that a token was opened for, or ErrNotFound.
func (l *Ledger) StepCallByToken(ctx context.Context, tokenHash string) (StepCall, error) {
	var c StepCall
	var at int64
	found, err := one(ctx, l.read, "SELECT account, journey_id, step, round, opened_at FROM step_calls WHERE token_hash = $1",
		[]any{tokenHash}, &c.Account, &c.JourneyID, &c.Step, &c.Round, &at)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return StepCall{}, fmt.Errorf("reading step call: %w", err)
	}
	c.OpenedAt = fromNanos(at)
	return c, nil
}
