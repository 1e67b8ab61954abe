package ledger

import (
	"cmp"
	"context"
	"errors"
	"time"
)

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
