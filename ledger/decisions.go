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

// SaveDecision appends d and, in the same transaction, makes it the journey's standing, and
// phase its phase as of d.DecidedAt. fresh is false if the same decision is there already; a
// different one with the same sequence is ErrConflict. A sequence below the standing's is
// recorded and leaves the standing unchanged.
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

// DecisionFeed returns up to limit decisions of the accounts with a position above after, in
// order. No decision appears below one that was already visible. Without accounts it returns
// nothing.
func (l *Ledger) DecisionFeed(ctx context.Context, accounts []string, after int64, limit int) (items []FeedItem, err error) {
	defer wrap(&err, "reading the feed of decisions")
	if len(accounts) == 0 {
		return nil, nil
	}
	query, args := feedOf(accounts, after, limit)
	return list(ctx, l.read, query, args, func(i *FeedItem) []any { return []any{&i.Position, document{&i.Decision}} })
}

// feedOf builds one statement, because reading account by account could miss a decision that
// commits in between. The limit in each part bounds what is read.
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

// DeliveryState is how far a message got at one endpoint. The set is closed.
type DeliveryState string

// Delivered is final; a person may retry a parked message.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryParked    DeliveryState = "parked" // refused by the endpoint
)

// Delivery is the state of one message at one of the customer's endpoints.
type Delivery struct {
	// Account, MessageID and Endpoint (its name, not its address) name the delivery.
	Account, MessageID, Endpoint string
	// Type and Stream are the message's; Stream is empty if its order does not matter.
	Type, Stream string
	JourneyID    string
	State        DeliveryState
	Attempts     int
	// LastStatus is the last HTTP status; 0 if there was no answer yet.
	LastStatus int
	// UpdatedAt is when this was true; the zero time means now.
	UpdatedAt time.Time
}

// upsertDelivery does not change a delivered row, because the result of an attempt that a
// retry overtook may arrive late.
const upsertDelivery = `
INSERT INTO deliveries AS old (message_id, endpoint, type, stream, account, journey_id, state, attempts, last_status, updated_at, first_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
ON CONFLICT (account, message_id, endpoint) DO UPDATE SET
	state = excluded.state, attempts = excluded.attempts, last_status = excluded.last_status, updated_at = excluded.updated_at
WHERE old.state <> 'delivered'`

// SaveDelivery records d's state; the database refuses an unknown one. A message that
// was delivered stays so.
func (l *Ledger) SaveDelivery(ctx context.Context, d Delivery) (err error) {
	defer wrap(&err, "saving delivery")
	if d.Account == "" || d.MessageID == "" || d.Endpoint == "" {
		return errors.New("account, message id or endpoint is missing")
	}
	return exec(ctx, l.write, upsertDelivery, d.MessageID, d.Endpoint, d.Type, d.Stream, d.Account, d.JourneyID,
		string(d.State), d.Attempts, d.LastStatus, nanos(cmp.Or(d.UpdatedAt, time.Now())))
}

// Delivery returns the state of one message at one endpoint, or ErrNotFound.
func (l *Ledger) Delivery(ctx context.Context, account, messageID, endpoint string) (d Delivery, err error) {
	defer wrap(&err, "reading delivery")
	d = Delivery{Account: account, MessageID: messageID, Endpoint: endpoint}
	err = theOne(ctx, l.read, `SELECT type, stream, journey_id, state, attempts, last_status, updated_at
		FROM deliveries WHERE account = $1 AND message_id = $2 AND endpoint = $3`, []any{account, messageID, endpoint},
		&d.Type, &d.Stream, &d.JourneyID, &d.State, &d.Attempts, &d.LastStatus, (*instant)(&d.UpdatedAt))
	return d, err
}

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

// SaveSpotCheck records what a spot check means. The latest DecidedAt counts, and a bound spot
// check stays bound; an unbound one needs a person. An erased journey's reference is not kept.
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
