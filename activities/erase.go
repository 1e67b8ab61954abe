package activities

import (
	"context"
	"errors"
	"time"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/telemetry"
)

// Erase deletes a journey's personal data, first at the vendor and then in the ledger, so
// that our record is not marked as erased while the vendor still has the data. It can be
// repeated: data that is already gone counts as erased. A refusal by the vendor is the
// answer "denied"; an unavailable vendor (error type vendor_unavailable) or ledger
// (ledger_unavailable) is retried.
func (a *Activities) Erase(ctx context.Context, in journey.EraseInput) (journey.EraseAnswer, error) {
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.EraseAnswer{}, err
	}
	_, err = acc.vendor.DeleteJourney(ctx, in.JourneyID)
	switch {
	case idwise.IsDenied(err):
		a.measure.Erasures.Add(ctx, in.Account, telemetry.ErasureDenied)
		return journey.EraseAnswer{Problem: "denied"}, nil
	case err != nil:
		if !errors.Is(err, idwise.ErrNotSent) {
			a.measure.Erasures.Add(ctx, in.Account, telemetry.ErasureUnreachable)
		}
		return journey.EraseAnswer{}, vendorUnavailable(ctx, err)
	}
	if err := a.ledger.Erase(ctx, in.Account, in.JourneyID, time.Now()); err != nil {
		a.measure.Erasures.Add(ctx, in.Account, telemetry.ErasureLedger)
		return journey.EraseAnswer{}, ledgerError(err)
	}
	a.measure.Erasures.Add(ctx, in.Account, telemetry.ErasureDone)
	return journey.EraseAnswer{Endpoints: acc.config.Policy("").Endpoints}, nil
}
