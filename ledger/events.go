package ledger

import (
	"context"

	"idjourney/journey"
)

// RecordEvent keeps an event of our own durably, as a row of webhooks that the
// forwarder brings to the journey. It is kept once per account, type and EventID,
// which it must have: the second time fresh is false. Wake the forwarder after it.
// Its ReferenceNo is left out, so that it gets into no history.
func (l *Ledger) RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error) {
	return false, errUnbuilt
}
