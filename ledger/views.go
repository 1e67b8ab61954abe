package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"idjourney/journey"
)

// View is all that the ledger shows of a journey without asking Temporal.
type View struct {
	Journey
	// Snapshot is the latest; its Phase and Since are those of Journey, which may be
	// newer. The rest is zero until a first one came.
	Snapshot journey.Snapshot
	// Version rises whenever anything else in this struct changes, except for
	// Journey.UpdatedAt and Snapshot.At, which only say when it was last confirmed.
	Version int64
}

const selectViews = `
SELECT account, journey_id, reference, flow, phase, review, outcome, sequence, since, updated_at,
	phase_since, snapshot, snapshot_at, version
FROM journeys WHERE account = $1 AND `

// ofReference repeats the words of the index journeys_reference.
const (
	ofReference = "substr(reference, 1, 128) = substr($2, 1, 128) AND reference = $2 AND reference <> ''"
	byReference = ofReference + " ORDER BY phase_since DESC, journey_id"
)

// View returns what is shown of a journey, or ErrNotFound. A journey that was only
// registered awaits its user's steps.
func (l *Ledger) View(ctx context.Context, account, journeyID string) (View, error) {
	views, err := l.views(ctx, "journey_id = $2", account, journeyID)
	if err == nil && len(views) == 0 {
		err = fmt.Errorf("reading view: %w", ErrNotFound)
	}
	if err != nil {
		return View{}, err
	}
	return views[0], nil
}

// ByReference returns an account's journeys with this reference, the one that came
// into its phase last first; none is no error. No journey has the empty reference.
func (l *Ledger) ByReference(ctx context.Context, account, reference string) ([]View, error) {
	return l.views(ctx, byReference, account, text(reference))
}

func (l *Ledger) views(ctx context.Context, where, account, value string) ([]View, error) {
	var views []View
	err := each(ctx, l.read, selectViews+where, []any{account, value}, func(rows *sql.Rows) error {
		v, err := scanView(rows)
		views = append(views, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading view: %w", err)
	}
	return views, nil
}

func scanView(rows *sql.Rows) (View, error) {
	var v View
	var since, updatedAt, phaseSince, snapshotAt int64
	var content string
	err := rows.Scan(&v.Account, &v.JourneyID, &v.Reference, &v.Flow, &v.Phase, &v.Review, &v.Standing.Outcome, &v.Standing.Sequence,
		&since, &updatedAt, &phaseSince, &content, &snapshotAt, &v.Version)
	if err == nil && content != "" {
		err = json.Unmarshal([]byte(content), &v.Snapshot)
	}
	switch {
	case v.Phase == "":
		v.Phase = journey.AwaitingUserSteps
	case final(v.Phase): // nobody is waited for, whatever was waited for before
		v.Snapshot.Review, v.Snapshot.Resubmission, v.Snapshot.Alerts = nil, nil, nil
	}
	v.Standing.Since, v.UpdatedAt = fromNanos(since), fromNanos(updatedAt)
	v.Snapshot.At, v.Snapshot.Phase, v.Snapshot.Since = fromNanos(snapshotAt), v.Phase, fromNanos(phaseSince)
	return v, err
}
