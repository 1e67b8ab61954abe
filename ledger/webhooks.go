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

// Handling says what is done with a recorded webhook (column disposition). The set is closed.
type Handling string

// Every webhook is recorded; only Forward goes to a workflow.
const (
	Forward    Handling = "forward"    // its event is sent to the workflow
	Keep       Handling = "keep"       // recorded, not acted on
	Quarantine Handling = "quarantine" // recorded, could not be read
)

// maxName bounds indexed names, in bytes: PostgreSQL refuses index rows above some 2,700. The
// body is kept whole, and its hash is indexed.
const maxName = 256

// Webhook is one webhook as it was received, and how it is handled.
type Webhook struct {
	// ID is the ledger's number for it; RecordWebhook ignores it.
	ID      int64
	Account string
	// EventType, EventID, JourneyID are empty if the body had none. They are cut at 256
	// bytes, and U+FFFD replaces what is not text.
	EventType, EventID, JourneyID string
	// ReferenceNo is the customer's reference: personal data.
	ReferenceNo string
	// Body is what was received, byte for byte; nil if it was empty or has been removed.
	Body []byte
	// BodyHash is the hex SHA-256 of Body; RecordWebhook computes it.
	BodyHash string
	Handling Handling
	// Reason is a short code for why it is kept or quarantined.
	Reason string
	// ReceivedAt is when it arrived; the zero time means now.
	ReceivedAt time.Time
	// TraceParent is the W3C trace context of the request, if it had one.
	TraceParent string
	// Event is the JSON envelope of the signal; only for Forward, and needed there.
	Event []byte
}

// RecordWebhook keeps w durably: when it returns nil, w may be acknowledged. A webhook with an
// EventID is kept once per account, event type, event id and body; later, duplicate is true
// and id the first one's. Without an EventID two equal webhooks may both be real.
func (l *Ledger) RecordWebhook(ctx context.Context, w Webhook) (id int64, duplicate bool, err error) {
	defer wrap(&err, "recording webhook")
	switch {
	case w.Account == "":
		return 0, false, errors.New("the account is missing")
	case w.Handling != Forward && w.Handling != Keep && w.Handling != Quarantine:
		return 0, false, errors.New("the handling is none of forward, keep, quarantine")
	case (w.Handling == Forward) != (len(w.Event) > 0):
		return 0, false, errors.New("a webhook needs an event if it is to be forwarded, and only then")
	}
	w.BodyHash = hexHash(w.Body)
	w.EventType, w.EventID, w.JourneyID = name(w.EventType), name(w.EventID), name(w.JourneyID)
	w.ReceivedAt = cmp.Or(w.ReceivedAt, time.Now())
	return l.insertWebhook(ctx, w)
}

// name is text, cut to maxName bytes between two characters.
func name(s string) string {
	if s = text(s); len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName], "")
	}
	return s
}

const insertWebhook = `
INSERT INTO webhooks (account, event_type, event_id, journey_id, reference_no, body, body_hash,
	disposition, reason, received_at, trace_parent, event, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (account, event_type, event_id, body_hash) WHERE event_id <> '' DO NOTHING
RETURNING id`

func (l *Ledger) insertWebhook(ctx context.Context, w Webhook) (id int64, duplicate bool, err error) {
	var body, event, dueAt any // NULL if there is none
	if len(w.Body) > 0 {
		body = w.Body
	}
	if w.Handling == Forward {
		event, dueAt = w.Event, time.Now().UnixNano()
	}
	found, err := one(ctx, l.write, insertWebhook, []any{w.Account, w.EventType, w.EventID, w.JourneyID,
		text(w.ReferenceNo), body, w.BodyHash, string(w.Handling), text(w.Reason), nanos(w.ReceivedAt),
		text(w.TraceParent), event, dueAt}, &id)
	if err != nil || found {
		return id, false, err
	}
	// The earlier row is committed: the insert would have waited for it otherwise.
	err = theOne(ctx, l.read, `SELECT id FROM webhooks
		WHERE account = $1 AND event_type = $2 AND event_id = $3 AND body_hash = $4 AND event_id <> ''`,
		[]any{w.Account, w.EventType, w.EventID, w.BodyHash}, &id)
	return id, true, err
}

// RecordEvent keeps an event of idjourney's own for the forwarder, once per account, type and
// EventID: the second time fresh is false. Wake the forwarder afterwards. The ReferenceNo is
// left out, so that it reaches no workflow history.
func (l *Ledger) RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error) {
	defer wrap(&err, "recording event")
	if e.EventID == "" || e.Type == "" || e.JourneyID == "" {
		return false, errors.New("its id, type or journey id is missing")
	}
	e.ReferenceNo = ""
	data, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	// Without a body, all events with one id have the same hash.
	_, duplicate, err := l.RecordWebhook(ctx, Webhook{
		Account: e.Account, EventType: string(e.Type), EventID: e.EventID, JourneyID: e.JourneyID,
		Handling: Forward, ReceivedAt: e.ReceivedAt, TraceParent: e.TraceParent, Event: data,
	})
	return err == nil && !duplicate, err
}

// Webhook returns one recorded webhook, or ErrNotFound.
func (l *Ledger) Webhook(ctx context.Context, id int64) (w Webhook, err error) {
	defer wrap(&err, "reading webhook")
	err = theOne(ctx, l.read, `SELECT id, account, event_type, event_id, journey_id, reference_no, body, body_hash,
		disposition, reason, received_at, trace_parent, event FROM webhooks WHERE id = $1`, []any{id},
		&w.ID, &w.Account, &w.EventType, &w.EventID, &w.JourneyID, &w.ReferenceNo, &w.Body, &w.BodyHash,
		&w.Handling, &w.Reason, (*instant)(&w.ReceivedAt), &w.TraceParent, &w.Event)
	return w, err
}

// WebhookCounts counts an account's webhooks by handling. A handling without webhooks is
// absent.
func (l *Ledger) WebhookCounts(ctx context.Context, account string) (counts map[Handling]int, err error) {
	defer wrap(&err, "counting webhooks")
	type count struct {
		of     Handling
		number int
	}
	all, err := list(ctx, l.read, "SELECT disposition, COUNT(*) FROM webhooks WHERE account = $1 GROUP BY disposition",
		[]any{account}, func(c *count) []any { return []any{&c.of, &c.number} })
	counts = map[Handling]int{}
	for _, c := range all {
		counts[c.of] = c.number
	}
	return counts, err
}

// PendingWebhooks counts the webhooks that no workflow has taken yet and says when the
// oldest of them was received (the zero time if there is none).
func (l *Ledger) PendingWebhooks(ctx context.Context) (count int, oldest time.Time, err error) {
	defer wrap(&err, "counting pending webhooks")
	err = theOne(ctx, l.read, "SELECT COUNT(*), MIN(received_at) FROM webhooks WHERE due_at IS NOT NULL", nil, &count, (*instant)(&oldest))
	return count, oldest, err
}

// WebhookTimes returns when a journey's first webhook was received, and when the newest
// up to until. Both are zero if none was forwarded.
func (l *Ledger) WebhookTimes(ctx context.Context, account, journeyID string, until time.Time) (first, newest time.Time, err error) {
	defer wrap(&err, "reading the times of webhooks")
	err = theOne(ctx, l.read, `SELECT MIN(received_at), MAX(received_at) FROM webhooks
		WHERE account = $1 AND journey_id = $2 AND received_at <= $3 AND disposition = 'forward'`,
		[]any{account, journeyID, nanos(until)}, (*instant)(&first), (*instant)(&newest))
	return first, newest, err
}

// hasContent is the condition of the index webhooks_content.
const hasContent = "(body IS NOT NULL OR event IS NOT NULL)"

var selectWithContent = eachAccount(hasContent) + "SELECT account FROM accounts"

const removeContent = `
WITH old AS MATERIALIZED (
	SELECT id FROM webhooks WHERE account = $1 AND received_at < $2 AND ` + hasContent + ` AND due_at IS NULL
	ORDER BY received_at LIMIT $3 %s
)
UPDATE webhooks SET body = NULL, event = NULL WHERE id IN (SELECT id FROM old)`

// RemoveContent removes bodies and events received before the given time that do not wait for
// forwarding: of each account up to limit. Repeat it until it returns 0. Rows and hashes stay,
// so that a duplicate is still recognised.
func (l *Ledger) RemoveContent(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	defer wrap(&err, "removing the content of webhooks")
	accounts, err := list(ctx, l.read, selectWithContent, nil, itself[string])
	for _, account := range accounts {
		n, err := changes(ctx, l.write, fmt.Sprintf(removeContent, l.dialect.skipLocked), account, nanos(before), limit)
		if err != nil {
			return removed, err
		}
		removed += n
	}
	return removed, err
}
