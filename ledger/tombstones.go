package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"idjourney/journey"
)

// ErrErased says that the journey's personal data was erased, so that nothing more
// is recorded of it.
var ErrErased = errors.New("the journey was erased")

// Tombstone says whether a journey is over for good, and how: ended or erased.
func (l *Ledger) Tombstone(ctx context.Context, account, journeyID string) (phase journey.Phase, ok bool, err error) {
	_, err = one(ctx, l.read, "SELECT tombstone FROM journeys WHERE account = $1 AND journey_id = $2",
		[]any{account, journeyID}, &phase)
	if err != nil {
		return "", false, fmt.Errorf("reading tombstone: %w", err)
	}
	return phase, phase != "", nil
}

// final says that nothing but erasure can follow a phase.
func final(p journey.Phase) bool { return p == journey.Ended || p == journey.Erased }

// What has ended may still be erased; nothing else follows a tombstone.
const setTombstone = `
UPDATE journeys SET tombstone = $3, phase = $3, review = '',
	phase_since = CASE WHEN phase = $3 THEN phase_since ELSE $4 END,
	updated_at = CASE WHEN updated_at < $4 THEN $4 ELSE updated_at END
WHERE account = $1 AND journey_id = $2 AND tombstone <> $3 AND tombstone <> 'erased'`

// bury sets the tombstone of a journey that is in the ledger; nobody is waited for
// any more.
func (l *Ledger) bury(ctx context.Context, tx *sql.Tx, account, journeyID string, phase journey.Phase, at time.Time) error {
	if _, err := tx.ExecContext(ctx, setTombstone, account, journeyID, string(phase), nanos(at)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM reviews WHERE account = $1 AND journey_id = $2", account, journeyID)
	return err
}

// mustLive fails with ErrErased if the journey was erased; within the transaction it
// then stays so.
func (l *Ledger) mustLive(ctx context.Context, tx *sql.Tx, account, journeyID string) error {
	var phase journey.Phase
	_, err := one(ctx, tx, "SELECT tombstone FROM journeys WHERE account = $1 AND journey_id = $2 "+l.dialect.share,
		[]any{account, journeyID}, &phase)
	if err == nil && phase == journey.Erased {
		err = ErrErased
	}
	return err
}
