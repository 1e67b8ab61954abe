package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"idjourney/journey"
)

// Disposition says what becomes of a recorded webhook. The set is closed.
type Disposition string

// Every webhook is recorded; only Forward goes to a workflow.
const (
	Forward    Disposition = "forward"    // its event is brought to the workflow
	Keep       Disposition = "keep"       // recorded, not acted on
	Quarantine Disposition = "quarantine" // recorded, could not be understood
)

// maxName bounds the names and ids of the unique index, in bytes: PostgreSQL
// refuses index rows above some 2,700. Cutting loses nothing, since the body is
// kept whole and its hash is part of the index.
const maxName = 256

// Webhook is one webhook as it was received, and what became of it.
type Webhook struct {
	// ID is the ledger's number for it; RecordWebhook ignores it.
	ID      int64
	Account string
	// EventType, EventID, JourneyID are empty when the body had none. They may be
	// recorded shortened (256 bytes) and with U+FFFD for what is not text.
	EventType, EventID, JourneyID string
	// ReferenceNo is the customer's reference: personal data.
	ReferenceNo string
	// Body is what was received, byte for byte; nil if it was empty or has been removed.
	Body []byte
	// BodyHash is the hex SHA-256 of Body; RecordWebhook computes it.
	BodyHash    string
	Disposition Disposition
	// Reason is a short code for why it is kept or quarantined.
	Reason string
	// ReceivedAt is when it came; the zero time means now.
	ReceivedAt time.Time
	// TraceParent is the W3C trace context of the request, if it had one.
	TraceParent string
	// Event is the JSON envelope of the signal; only for Forward, and needed there.
	Event []byte
}

// RecordWebhook keeps w durably: when it returns nil, w may be acknowledged.
// A webhook with an EventID is kept once per (account, event type, event id,
// body): the second time, duplicate is true and id is the first one's. One
// without an EventID is never a duplicate, since two real ones may be equal.
func (l *Ledger) RecordWebhook(ctx context.Context, w Webhook) (id int64, duplicate bool, err error) {
	defer wrap(&err, "recording webhook")
	if err := w.check(); err != nil {
		return 0, false, err
	}
	return l.insertWebhook(ctx, w.stored())
}

func (w Webhook) check() error {
	switch {
	case w.Account == "":
		return errors.New("the account is missing")
	case w.Disposition != Forward && w.Disposition != Keep && w.Disposition != Quarantine:
		return errors.New("the disposition is none of forward, keep, quarantine")
	case (w.Disposition == Forward) != (len(w.Event) > 0):
		return errors.New("an event to forward goes with the disposition forward, and only with it")
	}
	return nil
}

// stored is w as it will be read back.
func (w Webhook) stored() Webhook {
	sum := sha256.Sum256(w.Body)
	w.BodyHash = hex.EncodeToString(sum[:])
	w.EventType, w.EventID, w.JourneyID = name(w.EventType), name(w.EventID), name(w.JourneyID)
	w.ReferenceNo, w.Reason, w.TraceParent = text(w.ReferenceNo), text(w.Reason), text(w.TraceParent)
	if w.ReceivedAt.IsZero() {
		w.ReceivedAt = time.Now()
	}
	return w
}

// name is text, shortened to maxName bytes at a character's border.
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
	if w.Disposition == Forward {
		event, dueAt = w.Event, time.Now().UnixNano()
	}
	found, err := one(ctx, l.write, insertWebhook, []any{w.Account, w.EventType, w.EventID, w.JourneyID,
		w.ReferenceNo, body, w.BodyHash, string(w.Disposition), w.Reason, nanos(w.ReceivedAt), w.TraceParent,
		event, dueAt}, &id)
	if err != nil || found {
		return id, false, err
	}
	// The earlier row is committed: the insert would have waited for it otherwise.
	err = theOne(ctx, l.read, `SELECT id FROM webhooks
		WHERE account = $1 AND event_type = $2 AND event_id = $3 AND body_hash = $4 AND event_id <> ''`,
		[]any{w.Account, w.EventType, w.EventID, w.BodyHash}, &id)
	return id, true, err
}

// RecordEvent durably records an event of idjourney's own, as a row of webhooks that the
// forwarder sends to the journey. It is kept once per account, type and EventID, which
// is required: the second time fresh is false. Wake the forwarder afterwards. The
// ReferenceNo is left out, so that it reaches no workflow history.
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
		Disposition: Forward, ReceivedAt: e.ReceivedAt, TraceParent: e.TraceParent, Event: data,
	})
	return err == nil && !duplicate, err
}

// Webhook returns one recorded webhook, or ErrNotFound.
func (l *Ledger) Webhook(ctx context.Context, id int64) (w Webhook, err error) {
	defer wrap(&err, "reading webhook")
	err = theOne(ctx, l.read, `SELECT id, account, event_type, event_id, journey_id, reference_no, body, body_hash,
		disposition, reason, received_at, trace_parent, event FROM webhooks WHERE id = $1`, []any{id},
		&w.ID, &w.Account, &w.EventType, &w.EventID, &w.JourneyID, &w.ReferenceNo, &w.Body, &w.BodyHash,
		&w.Disposition, &w.Reason, (*instant)(&w.ReceivedAt), &w.TraceParent, &w.Event)
	return w, err
}

// WebhookCounts counts an account's webhooks by disposition. Dispositions that
// never occurred are absent.
func (l *Ledger) WebhookCounts(ctx context.Context, account string) (counts map[Disposition]int, err error) {
	defer wrap(&err, "counting webhooks")
	counts = map[Disposition]int{}
	err = each(ctx, l.read, "SELECT disposition, COUNT(*) FROM webhooks WHERE account = $1 GROUP BY disposition",
		[]any{account}, func(rows *sql.Rows) error {
			var d Disposition
			var n int
			err := rows.Scan(&d, &n)
			counts[d] = n
			return err
		})
	return counts, err
}

// WebhookTimes returns when a journey's first webhook was received, and when the newest
// up to until. Both are zero if the ledger forwarded none.
func (l *Ledger) WebhookTimes(ctx context.Context, account, journeyID string, until time.Time) (first, newest time.Time, err error) {
	defer wrap(&err, "reading the times of webhooks")
	_, err = one(ctx, l.read, `SELECT MIN(received_at), MAX(received_at) FROM webhooks
		WHERE account = $1 AND journey_id = $2 AND received_at <= $3 AND disposition = 'forward'`,
		[]any{account, journeyID, nanos(until)}, (*instant)(&first), (*instant)(&newest))
	return first, newest, err
}
