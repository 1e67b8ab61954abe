package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"idjourney/journey"
)

// saveSnapshot follows the rule of saveJourney for the phase: the newest timestamp wins.
// If the phase is the same, the snapshot wins since it has more detail. After a
// tombstone only a final snapshot counts.
const saveSnapshot = `
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

// SaveSnapshot makes s what the ledger shows of a journey: its phase, its open
// review and AML alerts, and what needs a person. Snapshots of different lanes may
// come in any order; the latest At counts, and of two with the same At the one that
// came last. Of SaveSnapshot, SaveJourney and SaveDecision the newest instant says
// the phase.
//
// A snapshot whose phase is ended or erased sets a tombstone, whenever it comes.
// Nothing removes it: from then on only a final snapshot changes anything, and no
// review is open.
func (l *Ledger) SaveSnapshot(ctx context.Context, account, journeyID string, s journey.Snapshot) (err error) {
	defer wrap(&err, "saving snapshot")
	if account == "" || journeyID == "" || s.Phase == "" || s.At.IsZero() {
		return errors.New("account, journey id, phase or time is missing")
	}
	at, since := s.At, s.Since
	if since.IsZero() {
		since = at
	}
	if final(s.Phase) {
		endWaits(&s)
	}
	var review journey.ReviewKind
	if s.Review != nil {
		review = s.Review.Kind
	}
	open := reviewsOf(s)
	s.At, s.Since = time.Time{}, time.Time{} // the same snapshot at a later time is no change
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return l.inTx(ctx, func(tx *sql.Tx) error {
		var taken string
		newest, err := one(ctx, tx, saveSnapshot, []any{account, journeyID, text(s.Flow), string(s.Phase), nanos(at),
			string(review), nanos(since), text(string(content))}, &taken)
		if err == nil && final(s.Phase) {
			err = bury(ctx, tx, account, journeyID, s.Phase, since)
		}
		if err != nil || !newest {
			return err
		}
		if err := replaceReviews(ctx, tx, account, journeyID, open); err != nil {
			return err
		}
		return l.replaceAttention(ctx, tx, account, journeyID, false, s.Attention)
	})
}

// endWaits removes what a journey in a final phase no longer waits for.
func endWaits(s *journey.Snapshot) { s.Review, s.Resubmission, s.Alerts = nil, nil, nil }

// View is all that the ledger shows of a journey without asking Temporal.
type View struct {
	Journey
	// Snapshot is the latest; its Phase and Since are those of Journey, which may be
	// newer. The rest is zero until the first one came.
	Snapshot journey.Snapshot
	// Version rises whenever anything else in this struct changes, except for
	// Journey.UpdatedAt and Snapshot.At, which only say when it was last confirmed.
	Version int64
}

const selectViews = `
SELECT account, journey_id, reference, flow, phase, review, outcome, sequence, since, updated_at,
	phase_since, snapshot, snapshot_at, version
FROM journeys WHERE account = $1 AND `

const byReference = ofReference + " ORDER BY phase_since DESC, journey_id"

// View returns what is shown of a journey, or ErrNotFound. A journey that was only
// registered awaits its user's steps.
func (l *Ledger) View(ctx context.Context, account, journeyID string) (View, error) {
	views, err := l.views(ctx, "journey_id = $2", account, journeyID)
	if err == nil && len(views) == 0 {
		err = ErrNotFound
	}
	if wrap(&err, "reading view"); err != nil {
		return View{}, err
	}
	return views[0], nil
}

// ByReference returns an account's journeys with this reference, the one that came
// into its phase last first. No journey has the empty reference.
func (l *Ledger) ByReference(ctx context.Context, account, reference string) (views []View, err error) {
	defer wrap(&err, "reading the journeys of a reference")
	return l.views(ctx, byReference, account, text(reference))
}

func (l *Ledger) views(ctx context.Context, where, account, value string) ([]View, error) {
	var phaseSince, snapshotAt time.Time
	var views []View
	err := each(ctx, l.read, selectViews+where, []any{account, value}, func(rows *sql.Rows) error {
		var v View
		err := rows.Scan(&v.Account, &v.JourneyID, &v.Reference, &v.Flow, &v.Phase, &v.Review,
			&v.Standing.Outcome, &v.Standing.Sequence, (*instant)(&v.Standing.Since), (*instant)(&v.UpdatedAt),
			(*instant)(&phaseSince), document{&v.Snapshot}, (*instant)(&snapshotAt), &v.Version)
		switch {
		case v.Phase == "":
			v.Phase = journey.AwaitingUserSteps
		case final(v.Phase): // whatever the last snapshot showed
			endWaits(&v.Snapshot)
		}
		v.Snapshot.At, v.Snapshot.Phase, v.Snapshot.Since = snapshotAt, v.Phase, phaseSince
		views = append(views, v)
		return err
	})
	return views, err
}
