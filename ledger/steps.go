package ledger

import (
	"context"
	"errors"
	"time"

	"idjourney/journey"
)

// StepAnswer is a custom step's answer to one question: a round of a journey and the
// subject, a hash of what is judged.
type StepAnswer struct {
	Account, JourneyID, Step string
	Round                    int
	Subject                  string
	Answer                   journey.StepAnswer
	At                       time.Time
}

// StepCall is a question that a custom step answers by callback.
type StepCall struct {
	Account, JourneyID, Step string
	Round                    int
	Subject                  string
	OpenedAt                 time.Time
}

const insertStepAnswer = `
INSERT INTO step_answers (account, journey_id, step, round, subject, content, at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, journey_id, step, round, subject) DO NOTHING`

// SaveStepAnswer records the first answer to a question; fresh is false if there is one
// already, which stays. It is ErrErased for a journey that was erased.
func (l *Ledger) SaveStepAnswer(ctx context.Context, a StepAnswer) (fresh bool, err error) {
	defer wrap(&err, "saving step answer")
	if a.Account == "" || a.JourneyID == "" || a.Step == "" || a.Answer.Outcome == "" {
		return false, errors.New("account, journey id, step or outcome is missing")
	}
	err = l.inTx(ctx, func(t *transaction) {
		t.mustLive(a.Account, a.JourneyID)
		fresh = t.exec(insertStepAnswer, a.Account, a.JourneyID, a.Step, a.Round, text(a.Subject), document{a.Answer}, nanos(a.At))
	})
	return err == nil && fresh, err
}

// StepAnswer returns a step's answer to a question, or ErrNotFound.
func (l *Ledger) StepAnswer(ctx context.Context, account, journeyID, step string, round int, subject string) (a StepAnswer, err error) {
	defer wrap(&err, "reading step answer")
	a = StepAnswer{Account: account, JourneyID: journeyID, Step: step, Round: round, Subject: subject}
	err = theOne(ctx, l.read, `SELECT content, at FROM step_answers
		WHERE account = $1 AND journey_id = $2 AND step = $3 AND round = $4 AND subject = $5`,
		[]any{account, journeyID, step, round, text(subject)}, document{&a.Answer}, (*instant)(&a.At))
	return a, err
}

const insertStepCall = `
INSERT INTO step_calls (token_hash, account, journey_id, step, round, subject, opened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (token_hash) DO NOTHING`

// OpenStepCall records that the bearer of the token with this hash may answer the question;
// repeating it changes nothing. It is ErrErased for an erased journey.
func (l *Ledger) OpenStepCall(ctx context.Context, c StepCall, tokenHash string) (err error) {
	defer wrap(&err, "opening step call")
	if c.Account == "" || c.JourneyID == "" || c.Step == "" || tokenHash == "" {
		return errors.New("account, journey id, step or token is missing")
	}
	return l.inTx(ctx, func(t *transaction) {
		t.mustLive(c.Account, c.JourneyID)
		t.exec(insertStepCall, tokenHash, c.Account, c.JourneyID, c.Step, c.Round, text(c.Subject), nanos(c.OpenedAt))
	})
}

// StepCallByToken returns the call that a token was opened for, or ErrNotFound. The token
// alone names it: it is derived from account, journey, question and a secret.
func (l *Ledger) StepCallByToken(ctx context.Context, tokenHash string) (c StepCall, err error) {
	defer wrap(&err, "reading step call")
	err = theOne(ctx, l.read, "SELECT account, journey_id, step, round, subject, opened_at FROM step_calls WHERE token_hash = $1",
		[]any{tokenHash}, &c.Account, &c.JourneyID, &c.Step, &c.Round, &c.Subject, (*instant)(&c.OpenedAt))
	return c, err
}

const insertSubmission = `
INSERT INTO submissions (account, journey_id, step, subject, claimed_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, journey_id, step, subject) DO NOTHING`

// ClaimSubmission records that a custom step is about to be submitted to the vendor for
// subject (see journey.Verdict). fresh is true for one caller, who alone may submit. The
// others read the vendor's result, because a submission may have been made.
func (l *Ledger) ClaimSubmission(ctx context.Context, account, journeyID, step, subject string) (fresh bool, err error) {
	defer wrap(&err, "claiming submission")
	if account == "" || journeyID == "" || step == "" {
		return false, errors.New("account, journey id or step is missing")
	}
	inserted, err := changes(ctx, l.write, insertSubmission, account, journeyID, step, subject, time.Now().UnixNano())
	return inserted > 0, err
}

// ReleaseSubmission gives up a claim. Only its holder may call it, and only if the vendor
// certainly did not process the submission.
func (l *Ledger) ReleaseSubmission(ctx context.Context, account, journeyID, step, subject string) (err error) {
	defer wrap(&err, "releasing submission")
	return exec(ctx, l.write, "DELETE FROM submissions WHERE account = $1 AND journey_id = $2 AND step = $3 AND subject = $4",
		account, journeyID, step, subject)
}
