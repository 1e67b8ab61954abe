package ledger

import (
	"context"
	"errors"

	"idjourney/journey"
)

// HeldSpotCheck is a spot check that a person has to examine.
type HeldSpotCheck struct {
	journey.SpotDecision
	// Reference is the customer's own reference: personal data, never logged.
	Reference string
}

const upsertSpotCheck = `
INSERT INTO spot_checks AS old (account, spot_id, journey_id, outcome, reference, decided_at, content)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account, spot_id) DO UPDATE SET
	journey_id = excluded.journey_id, outcome = excluded.outcome,
	reference = CASE WHEN excluded.reference <> '' THEN excluded.reference ELSE old.reference END,
	decided_at = excluded.decided_at, content = excluded.content
WHERE excluded.decided_at >= old.decided_at AND (excluded.journey_id <> '' OR old.journey_id = '')`

// SaveSpotCheck records what a spot check means. The latest DecidedAt counts, and a spot
// check that is bound to a journey stays bound. While it is not, it is an item of
// attention, spot_check_unbound. The reference of an erased journey is not kept.
func (l *Ledger) SaveSpotCheck(ctx context.Context, d journey.SpotDecision, reference string) (err error) {
	defer wrap(&err, "saving spot check")
	if d.Account == "" || d.SpotID == "" || d.Outcome == "" || d.DecidedAt.IsZero() {
		return errors.New("account, id, outcome or time is missing")
	}
	d.DecidedAt = d.DecidedAt.UTC()
	return l.inTx(ctx, func(t *transaction) {
		if t.mustLive(d.Account, d.JourneyID); errors.Is(t.err, ErrErased) {
			t.err, reference = nil, ""
		}
		changed := t.exec(upsertSpotCheck, d.Account, d.SpotID, d.JourneyID, string(d.Outcome), text(reference),
			nanos(d.DecidedAt), document{d})
		if !changed {
			return
		}
		var items []journey.AttentionItem
		if d.JourneyID == "" {
			items = append(items, journey.AttentionItem{Code: journey.AttentionSpotCheckUnbound, Since: d.DecidedAt})
		}
		t.replaceAttention(d.Account, d.SpotID, true, items)
	})
}

// SpotCheck returns a spot check by its SpotID, or ErrNotFound.
func (l *Ledger) SpotCheck(ctx context.Context, account, spotID string) (d journey.SpotDecision, err error) {
	defer wrap(&err, "reading spot check")
	err = theOne(ctx, l.read, "SELECT content FROM spot_checks WHERE account = $1 AND spot_id = $2", []any{account, spotID}, document{&d})
	return d, err
}

// The condition must match that of the index spot_checks_held.
const selectHeld = `
SELECT content, reference FROM spot_checks
WHERE account IN %s AND (journey_id = '' OR outcome = 'on_hold') ORDER BY decided_at, account, spot_id`

// HeldSpotChecks returns the accounts' spot checks that are bound to no journey or
// whose outcome is on_hold, oldest first. An empty list of accounts returns nothing.
func (l *Ledger) HeldSpotChecks(ctx context.Context, accounts []string) (held []HeldSpotCheck, err error) {
	defer wrap(&err, "reading held spot checks")
	if len(accounts) == 0 {
		return nil, nil
	}
	query, args := inAccounts(selectHeld, accounts)
	return list(ctx, l.read, query, args, func(h *HeldSpotCheck) []any { return []any{document{&h.SpotDecision}, &h.Reference} })
}
