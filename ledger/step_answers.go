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

// StepAnswer is a custom step's answer to one question: a round of a journey, and the
// subject, a hash of what was to be judged.
type StepAnswer struct {
	Account, JourneyID, Step string
	Round                    int
	Subject                  string
	Answer                   journey.StepAnswer
	At                       time.Time
}

// StepCall is a question to a custom step that is to be answered by callback.
type StepCall struct {
	Account, JourneyID, Step string
	Round                    int
	Subject                  string
	OpenedAt                 time.Time
}

// SaveStepAnswer records the first answer to a question; fresh is false if there is
// one already, which stays. For a journey that was erased it is ErrErased.
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
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, journey_id, step, round, subject) DO NOTHING RETURNING step`,
			[]any{a.Account, a.JourneyID, a.Step, a.Round, text(a.Subject), text(string(content)), nanos(a.At)}, &taken)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("saving step answer: %w", err)
	}
	return fresh, nil
}

// StepAnswer returns a step's answer to a question, or ErrNotFound.
func (l *Ledger) StepAnswer(ctx context.Context, account, journeyID, step string, round int, subject string) (StepAnswer, error) {
	a := StepAnswer{Account: account, JourneyID: journeyID, Step: step, Round: round, Subject: subject}
	var content []byte
	var at int64
	found, err := one(ctx, l.read, `SELECT content, at FROM step_answers
		WHERE account = $1 AND journey_id = $2 AND step = $3 AND round = $4 AND subject = $5`,
		[]any{account, journeyID, step, round, text(subject)}, &content, &at)
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

// OpenStepCall records that the bearer of the token with this hash may answer the
// question. Opening it again changes nothing. For a journey that was erased it is
// ErrErased.
func (l *Ledger) OpenStepCall(ctx context.Context, c StepCall, tokenHash string) error {
	if c.Account == "" || c.JourneyID == "" || c.Step == "" || tokenHash == "" {
		return errors.New("opening step call: account, journey id, step or token is missing")
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := l.mustLive(ctx, tx, c.Account, c.JourneyID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO step_calls (token_hash, account, journey_id, step, round, subject, opened_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (token_hash) DO NOTHING`,
			tokenHash, c.Account, c.JourneyID, c.Step, c.Round, text(c.Subject), nanos(c.OpenedAt))
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
	found, err := one(ctx, l.read, "SELECT account, journey_id, step, round, subject, opened_at FROM step_calls WHERE token_hash = $1",
		[]any{tokenHash}, &c.Account, &c.JourneyID, &c.Step, &c.Round, &c.Subject, &at)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return StepCall{}, fmt.Errorf("reading step call: %w", err)
	}
	c.OpenedAt = fromNanos(at)
	return c, nil
}
