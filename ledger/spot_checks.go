package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"idjourney/journey"
)

// HeldSpotCheck is a spot check that a person has to look at.
type HeldSpotCheck struct {
	journey.SpotDecision
	// Reference is the customer's own reference: personal data, in no log.
	Reference string
}

const upsertSpotCheck = `
INSERT INTO spot_checks AS old (account, spot_id, journey_id, outcome, reference, decided_at, content)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account, spot_id) DO UPDATE SET
	journey_id = excluded.journey_id, outcome = excluded.outcome,
	reference = CASE WHEN excluded.reference <> '' THEN excluded.reference ELSE old.reference END,
	decided_at = excluded.decided_at, content = excluded.content
WHERE excluded.decided_at >= old.decided_at AND (excluded.journey_id <> '' OR old.journey_id = '')
RETURNING account`

// SaveSpotCheck records what a spot check means. The latest DecidedAt counts, and one
// that is bound to a journey is never unbound. While it is bound to none it is an item
// of attention, spot_check_unbound. The reference of a journey that was erased is not
// kept.
func (l *Ledger) SaveSpotCheck(ctx context.Context, d journey.SpotDecision, reference string) error {
	if d.Account == "" || d.SpotID == "" || d.Outcome == "" || d.DecidedAt.IsZero() {
		return errors.New("saving spot check: account, id, outcome or time is missing")
	}
	d.DecidedAt = d.DecidedAt.UTC()
	content, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("saving spot check: %w", err)
	}
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		if d.JourneyID != "" {
			err := l.mustLive(ctx, tx, d.Account, d.JourneyID)
			if errors.Is(err, ErrErased) {
				reference = ""
			} else if err != nil {
				return err
			}
		}
		var taken string
		newest, err := one(ctx, tx, upsertSpotCheck, []any{d.Account, d.SpotID, d.JourneyID, string(d.Outcome), text(reference),
			nanos(d.DecidedAt), text(string(content))}, &taken)
		if err != nil || !newest {
			return err
		}
		var calls []journey.AttentionItem
		if d.JourneyID == "" {
			calls = append(calls, journey.AttentionItem{Code: journey.AttentionSpotCheckUnbound, Since: d.DecidedAt})
		}
		return l.replaceAttention(ctx, tx, d.Account, d.SpotID, true, calls)
	})
	if err != nil {
		return fmt.Errorf("saving spot check: %w", err)
	}
	return nil
}

// SpotCheck returns a spot check by its SpotID, or ErrNotFound.
func (l *Ledger) SpotCheck(ctx context.Context, account, spotID string) (journey.SpotDecision, error) {
	var d journey.SpotDecision
	var content []byte
	found, err := one(ctx, l.read, "SELECT content FROM spot_checks WHERE account = $1 AND spot_id = $2", []any{account, spotID}, &content)
	switch {
	case err == nil && !found:
		err = ErrNotFound
	case err == nil:
		err = json.Unmarshal(content, &d)
	}
	if err != nil {
		return journey.SpotDecision{}, fmt.Errorf("reading spot check: %w", err)
	}
	return d, nil
}

// The condition is that of the index spot_checks_held, word by word.
const selectHeld = `
SELECT content, reference FROM spot_checks
WHERE account IN %s AND (journey_id = '' OR outcome = 'on_hold') ORDER BY decided_at, account, spot_id`

// HeldSpotChecks returns the accounts' spot checks that are bound to no journey or
// whose outcome is on_hold, oldest first. No account means none, never all.
func (l *Ledger) HeldSpotChecks(ctx context.Context, accounts []string) ([]HeldSpotCheck, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	list, args := in(accounts, nil)
	var held []HeldSpotCheck
	err := each(ctx, l.read, fmt.Sprintf(selectHeld, list), args, func(rows *sql.Rows) error {
		var h HeldSpotCheck
		var content []byte
		if err := rows.Scan(&content, &h.Reference); err != nil {
			return err
		}
		held = append(held, h)
		return json.Unmarshal(content, &held[len(held)-1].SpotDecision)
	})
	if err != nil {
		return nil, fmt.Errorf("reading held spot checks: %w", err)
	}
	return held, nil
}
