package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"idjourney/journey"
)

// Journey is what the ledger knows of one journey without asking Temporal.
type Journey struct {
	Account, JourneyID string
	// Reference is the customer's own reference: personal data, in no log.
	Reference string
	// Flow is the flow, by the configuration's name for it; empty until the first fetch brought it.
	Flow  string
	Phase journey.Phase
	// Review is the kind of the review that is open, empty where that is not known.
	Review journey.ReviewKind
	// Standing is written by SaveDecision alone.
	Standing journey.Standing
	// UpdatedAt is when Phase became true, by the clock of whoever said so.
	UpdatedAt time.Time
}

// upsertJourney lets only a newer word change what an older one said: answers of
// retried activities may come late. Unknown ("") never replaces known. A new phase
// begins when it is first heard of, and knows no review until it is told. Nothing
// changes a tombstone, nor the reference that the customer's backend registered.
const upsertJourney = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, review, phase_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
ON CONFLICT (account, journey_id) DO UPDATE SET
	reference = CASE WHEN old.reference = '' OR (old.registered = 0 AND excluded.reference <> '' AND excluded.updated_at >= old.updated_at)
		THEN excluded.reference ELSE old.reference END,
	flow = CASE WHEN old.flow = '' OR (excluded.flow <> '' AND excluded.updated_at >= old.updated_at)
		THEN excluded.flow ELSE old.flow END,
	phase = CASE WHEN old.phase = '' OR (excluded.phase <> '' AND excluded.updated_at >= old.updated_at)
		THEN excluded.phase ELSE old.phase END,
	review = CASE WHEN excluded.review <> '' AND excluded.updated_at >= old.updated_at THEN excluded.review
		WHEN excluded.phase <> '' AND excluded.updated_at >= old.updated_at AND excluded.phase <> old.phase THEN '' ELSE old.review END,
	phase_since = CASE WHEN excluded.phase <> '' AND excluded.phase <> old.phase AND (old.phase = '' OR excluded.updated_at >= old.updated_at)
		THEN excluded.updated_at ELSE old.phase_since END,
	updated_at = CASE WHEN excluded.phase <> '' AND (old.phase = '' OR excluded.updated_at > old.updated_at) THEN excluded.updated_at ELSE old.updated_at END
WHERE old.tombstone = ''`

// SaveJourney records j, except for its Standing. Empty fields never overwrite
// known ones, nor does an older UpdatedAt a newer one's; the zero UpdatedAt means
// now. The phases ended and erased set a tombstone, which nothing changes.
func (l *Ledger) SaveJourney(ctx context.Context, j Journey) error {
	if j.Account == "" || j.JourneyID == "" {
		return errors.New("saving journey: account or journey id is missing")
	}
	if j.UpdatedAt.IsZero() {
		j.UpdatedAt = time.Now()
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, upsertJourney, j.Account, j.JourneyID, text(j.Reference), text(j.Flow),
			string(j.Phase), nanos(j.UpdatedAt), string(j.Review))
		if err != nil || !final(j.Phase) {
			return err
		}
		return l.bury(ctx, tx, j.Account, j.JourneyID, j.Phase, j.UpdatedAt)
	})
	if err != nil {
		return fmt.Errorf("saving journey: %w", err)
	}
	return nil
}

// Journey returns what is known of a journey, or ErrNotFound.
func (l *Ledger) Journey(ctx context.Context, account, journeyID string) (Journey, error) {
	j := Journey{Account: account, JourneyID: journeyID}
	var since, updatedAt int64
	found, err := one(ctx, l.read, `SELECT reference, flow, phase, review, outcome, sequence, since, updated_at
		FROM journeys WHERE account = $1 AND journey_id = $2`, []any{account, journeyID},
		&j.Reference, &j.Flow, &j.Phase, &j.Review, &j.Standing.Outcome, &j.Standing.Sequence, &since, &updatedAt)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return Journey{}, fmt.Errorf("reading journey: %w", err)
	}
	j.Standing.Since, j.UpdatedAt = fromNanos(since), fromNanos(updatedAt)
	return j, nil
}
