package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"idjourney/journey"
)

// FeedItem is one decision at its place in the feed of all decisions.
type FeedItem struct {
	// Position rises from item to item and is never used twice; it has gaps.
	Position int64
	Decision journey.Decision
}

const insertDecision = `
INSERT INTO decisions (account, journey_id, sequence, id, outcome, content, content_hash, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (account, journey_id, sequence) DO NOTHING`

// raiseStanding never lowers the sequence: a decision that is saved late only becomes
// part of the history.
const raiseStanding = `
UPDATE journeys SET outcome = $3, sequence = $4, since = $5
WHERE account = $1 AND journey_id = $2 AND sequence < $4`

// SaveDecision appends d and, in the same transaction, makes it the journey's standing,
// and phase its phase as of d.DecidedAt. fresh is true for one caller alone: saving the
// same decision again changes nothing. A different decision with the same sequence is
// ErrConflict. A sequence below the standing's is recorded and leaves the standing
// unchanged.
func (l *Ledger) SaveDecision(ctx context.Context, d journey.Decision, phase journey.Phase) (fresh bool, err error) {
	defer wrap(&err, "saving decision")
	if err := checkDecision(d); err != nil {
		return false, err
	}
	d.DecidedAt = d.DecidedAt.UTC()
	content, err := json.Marshal(d)
	if err != nil {
		return false, err
	}
	err = l.inTx(ctx, func(t *transaction) {
		t.lock(lockFeed)
		if fresh = t.appendDecision(d, content); fresh {
			t.upsertJourney(Journey{Account: d.Account, JourneyID: d.JourneyID, Phase: phase, UpdatedAt: d.DecidedAt})
			t.exec(raiseStanding, d.Account, d.JourneyID, string(d.Outcome), d.Sequence, nanos(d.DecidedAt))
		}
	})
	return err == nil && fresh, err
}

func checkDecision(d journey.Decision) error {
	switch {
	case d.Account == "" || d.JourneyID == "":
		return errors.New("account or journey id is missing")
	case d.Sequence < 1:
		return errors.New("the sequence must be 1 or more")
	case d.Outcome == "":
		return errors.New("the outcome is missing")
	case d.DecidedAt.IsZero():
		return errors.New("the time of the decision is missing")
	case d.ID != journey.DecisionID(d.Account, d.JourneyID, d.Sequence):
		return errors.New("the id is not the one of this account, journey and sequence")
	}
	return nil
}

// appendDecision inserts d; fresh is false if the same decision is there already.
func (t *transaction) appendDecision(d journey.Decision, content []byte) (fresh bool) {
	hash := hexHash(content)
	if t.exec(insertDecision, d.Account, d.JourneyID, d.Sequence, d.ID, string(d.Outcome), string(content), hash, time.Now().UnixNano()) {
		return true
	}
	var recorded string
	t.one("SELECT content_hash FROM decisions WHERE account = $1 AND journey_id = $2 AND sequence = $3",
		[]any{d.Account, d.JourneyID, d.Sequence}, &recorded)
	if recorded != hash {
		t.err = cmp.Or(t.err, ErrConflict)
	}
	return false
}

// Decisions returns a journey's decisions by sequence; empty, not nil, if it has none.
func (l *Ledger) Decisions(ctx context.Context, account, journeyID string) (decisions []journey.Decision, err error) {
	defer wrap(&err, "reading decisions")
	decisions, err = list(ctx, l.read, "SELECT content FROM decisions WHERE account = $1 AND journey_id = $2 ORDER BY sequence",
		[]any{account, journeyID}, func(d *journey.Decision) []any { return []any{document{d}} })
	return append([]journey.Decision{}, decisions...), err
}

// DecisionFeed returns up to limit decisions of the accounts with a position above after,
// in order. A reader who continues from the last position misses none: no decision appears
// below one that was already visible. An empty list of accounts returns nothing.
func (l *Ledger) DecisionFeed(ctx context.Context, accounts []string, after int64, limit int) (items []FeedItem, err error) {
	defer wrap(&err, "reading the feed of decisions")
	if len(accounts) == 0 {
		return nil, nil
	}
	query, args := feedOf(accounts, after, limit)
	return list(ctx, l.read, query, args, func(i *FeedItem) []any { return []any{&i.Position, document{&i.Decision}} })
}

// feedOf builds one statement, because reading the accounts one by one could miss a
// decision that commits in between. Each account's part has its own limit, so that the
// query reads no more than it needs, however long the feed is.
func feedOf(accounts []string, after int64, limit int) (query string, args []any) {
	args = []any{after, limit}
	parts := make([]string, 0, len(accounts))
	for _, account := range accounts {
		args = append(args, account)
		parts = append(parts, fmt.Sprintf(`SELECT * FROM (SELECT position, content FROM decisions
			WHERE account = $%d AND position > $1 ORDER BY position LIMIT $2) AS part%d`, len(args), len(args)))
	}
	return strings.Join(parts, " UNION ALL ") + " ORDER BY position LIMIT $2", args
}
