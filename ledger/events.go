package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"idjourney/journey"
)

// RecordEvent keeps an event of our own durably, as a row of webhooks that the
// forwarder brings to the journey. It is kept once per account, type and EventID,
// which it must have: the second time fresh is false. Wake the forwarder after it.
// Its ReferenceNo is left out, so that it gets into no history.
func (l *Ledger) RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error) {
	if e.EventID == "" || e.Type == "" || e.JourneyID == "" {
		return false, errors.New("recording event: its id, type or journey id is missing")
	}
	e.ReferenceNo = ""
	data, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("recording event: %w", err)
	}
	// Without a body all of one id have the same hash, whenever they were received.
	_, duplicate, err := l.RecordWebhook(ctx, Webhook{
		Account: e.Account, EventType: string(e.Type), EventID: e.EventID, JourneyID: e.JourneyID,
		Disposition: Forward, ReceivedAt: e.ReceivedAt, TraceParent: e.TraceParent, Event: data,
	})
	return err == nil && !duplicate, err
}
