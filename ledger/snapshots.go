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

// upsertSnapshot follows the rule of upsertJourney for the phase: the newest instant
// says it. Where the phase is the same anyway, the snapshot knows more of it. After a
// tombstone only a final snapshot counts.
const upsertSnapshot = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, review, phase_since, snapshot, snapshot_at)
VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8, $5)
ON CONFLICT (account, journey_id) DO UPDATE SET
	flow = CASE WHEN excluded.flow <> '' THEN excluded.flow ELSE old.flow END,
	phase = CASE WHEN old.phase = '' OR excluded.updated_at >= old.updated_at THEN excluded.phase ELSE old.phase END,
	review = CASE WHEN old.phase IN ('', excluded.phase) OR excluded.updated_at >= old.updated_at THEN excluded.review ELSE old.review END,
	phase_since = CASE WHEN old.phase IN ('', excluded.phase) OR excluded.updated_at >= old.updated_at THEN excluded.phase_since ELSE old.phase_since END,
	updated_at = CASE WHEN old.phase = '' OR excluded.updated_at > old.updated_at THEN excluded.updated_at ELSE old.updated_at END,
	snapshot = excluded.snapshot, snapshot_at = excluded.snapshot_at
WHERE excluded.snapshot_at >= old.snapshot_at AND (old.tombstone IN ('', excluded.phase) OR excluded.phase = 'erased')
RETURNING account`

// SaveSnapshot lets s be what the ledger shows of a journey: its phase, its open
// review and AML alerts, and what needs a person. Snapshots of different lanes may
// come in any order; the latest At counts, and of two with the same At the one that
// came last. Of SaveSnapshot, SaveJourney and SaveDecision the newest instant says
// the phase.
//
// A snapshot whose phase is ended or erased sets a tombstone, whenever it comes.
// Nothing removes it: after that only a final snapshot changes anything, and
// nobody is waited for any more.
func (l *Ledger) SaveSnapshot(ctx context.Context, account, journeyID string, s journey.Snapshot) error {
	if account == "" || journeyID == "" || s.Phase == "" || s.At.IsZero() {
		return errors.New("saving snapshot: account, journey id, phase or time is missing")
	}
	row, err := newSnapshotRow(s)
	if err != nil {
		return fmt.Errorf("saving snapshot: %w", err)
	}
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		var taken string
		newest, err := one(ctx, tx, upsertSnapshot, []any{account, journeyID, text(s.Flow), string(s.Phase), nanos(s.At),
			string(row.review), nanos(row.since), row.content}, &taken)
		if err == nil && final(s.Phase) {
			err = l.bury(ctx, tx, account, journeyID, s.Phase, row.since)
		}
		if err != nil || !newest {
			return err
		}
		if err := replaceReviews(ctx, tx, account, journeyID, row.items); err != nil {
			return err
		}
		return l.replaceAttention(ctx, tx, account, journeyID, false, s.Attention)
	})
	if err != nil {
		return fmt.Errorf("saving snapshot: %w", err)
	}
	return nil
}

// snapshotRow is a snapshot as it is kept. Its content names no At, so that the same
// said again is no change.
type snapshotRow struct {
	review  journey.ReviewKind
	since   time.Time
	content string
	items   []ReviewItem
}

func newSnapshotRow(s journey.Snapshot) (snapshotRow, error) {
	row := snapshotRow{since: s.Since}
	if row.since.IsZero() {
		row.since = s.At
	}
	if final(s.Phase) {
		s.Review, s.Resubmission, s.Alerts = nil, nil, nil
	}
	if s.Review != nil {
		row.review = s.Review.Kind
	}
	row.items = itemsOf(s)
	s.At, s.Since = time.Time{}, time.Time{}
	content, err := json.Marshal(s)
	row.content = text(string(content))
	return row, err
}
