package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ClaimSubmission records that a custom step is about to be submitted to the
// vendor for subject (a hash of what is judged, see journey.Verdict). fresh is
// true for exactly one caller: only that one may submit. If it is false, somebody
// did or may have: look at the vendor's result instead of submitting again.
func (l *Ledger) ClaimSubmission(ctx context.Context, account, journeyID, step, subject string) (fresh bool, err error) {
	if account == "" || journeyID == "" || step == "" {
		return false, errors.New("claiming submission: account, journey id or step is missing")
	}
	result, err := l.write.ExecContext(ctx, `INSERT INTO submissions (account, journey_id, step, subject, claimed_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, journey_id, step, subject) DO NOTHING`,
		account, journeyID, step, subject, time.Now().UnixNano())
	if err != nil {
		return false, fmt.Errorf("claiming submission: %w", err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("claiming submission: %w", err)
	}
	return rows == 1, nil
}

// ReleaseSubmission takes a claim back. Only its holder may call it, and only
// when the vendor surely did not process the submission.
func (l *Ledger) ReleaseSubmission(ctx context.Context, account, journeyID, step, subject string) error {
	_, err := l.write.ExecContext(ctx,
		"DELETE FROM submissions WHERE account = $1 AND journey_id = $2 AND step = $3 AND subject = $4",
		account, journeyID, step, subject)
	if err != nil {
		return fmt.Errorf("releasing submission: %w", err)
	}
	return nil
}
