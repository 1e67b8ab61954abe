package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"idjourney/journey"
)

// ErrRegistered says that the journey is registered with another reference.
var ErrRegistered = errors.New("the journey is registered with another reference")

const register = `
INSERT INTO journeys AS old (account, journey_id, reference, flow, phase, updated_at, registered)
VALUES ($1, $2, $3, $4, '', 0, $5)
ON CONFLICT (account, journey_id) DO UPDATE SET
	reference = CASE WHEN excluded.registered = 1 THEN excluded.reference ELSE old.reference END,
	registered = CASE WHEN excluded.registered = 1 THEN 1 ELSE old.registered END,
	flow = CASE WHEN old.flow = '' THEN excluded.flow ELSE old.flow END
WHERE old.tombstone <> 'erased' AND (old.registered = 0 OR excluded.reference IN ('', old.reference))
RETURNING account`

// Register records that the customer's backend knows a journey: Account and
// JourneyID, Reference and Flow as far as it says them; all else of j is ignored.
// From then on the reference is the backend's, whatever the vendor's result shows:
// there the user's app has chosen it. Registering it with another reference is
// ErrRegistered, a journey that was erased is ErrErased.
func (l *Ledger) Register(ctx context.Context, j Journey) error {
	if j.Account == "" || j.JourneyID == "" {
		return errors.New("registering journey: account or journey id is missing")
	}
	registered := 0
	if j.Reference != "" {
		registered = 1
	}
	var taken string
	known, err := one(ctx, l.write, register, []any{j.Account, j.JourneyID, text(j.Reference), text(j.Flow), registered}, &taken)
	if err == nil && !known {
		err = l.whyNotRegistered(ctx, j)
	}
	if err != nil {
		return fmt.Errorf("registering journey: %w", err)
	}
	return nil
}

func (l *Ledger) whyNotRegistered(ctx context.Context, j Journey) error {
	phase, _, err := l.Tombstone(ctx, j.Account, j.JourneyID)
	switch {
	case err != nil:
		return err
	case phase == journey.Erased:
		return ErrErased
	default:
		return ErrRegistered
	}
}

const selectApproved = `
SELECT journey_id, since FROM journeys
WHERE account = $1 AND ` + ofReference + ` AND outcome = $3 ORDER BY since DESC, journey_id`

// NewestApproved returns the ids of the reference's journeys whose standing is
// approved since the newest instant; more than one is a tie, none is no error.
// Journeys that have ended are among them: IDWise does not know that they have.
func (l *Ledger) NewestApproved(ctx context.Context, account, reference string) ([]string, error) {
	var ids []string
	var newest int64
	err := each(ctx, l.read, selectApproved, []any{account, text(reference), string(journey.OutcomeApproved)}, func(rows *sql.Rows) error {
		var id string
		var since int64
		if err := rows.Scan(&id, &since); err != nil {
			return err
		}
		if len(ids) == 0 {
			newest = since
		}
		if since == newest {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the newest approved journey: %w", err)
	}
	return ids, nil
}
