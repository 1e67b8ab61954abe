package activities

import (
	"context"

	"idjourney/journey"
)

// HandOver records an event of our own for a journey, so that the forwarder delivers it.
// It is recorded once, however often it is handed over.
func (a *Activities) HandOver(ctx context.Context, in journey.HandOverInput) (journey.HandOverAnswer, error) {
	link(ctx, in.Links)
	_, err := a.ledger.RecordEvent(ctx, in.Event)
	return journey.HandOverAnswer{}, ledgerError(err)
}
