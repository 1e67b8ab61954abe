package ledger

import (
	"context"

	"idjourney/journey"
)

// HeldSpotCheck is a spot check that a person has to look at.
type HeldSpotCheck struct {
	journey.SpotDecision
	// Reference is the customer's own reference: personal data, in no log.
	Reference string
}

// SaveSpotCheck records what a spot check means. The latest DecidedAt counts, and one
// that is bound to a journey is never unbound. While it is bound to none it is an item
// of attention, spot_check_unbound.
func (l *Ledger) SaveSpotCheck(ctx context.Context, d journey.SpotDecision, reference string) error {
	return errUnbuilt
}

// SpotCheck returns a spot check by its SpotID, or ErrNotFound.
func (l *Ledger) SpotCheck(ctx context.Context, account, spotID string) (journey.SpotDecision, error) {
	return journey.SpotDecision{}, errUnbuilt
}

// HeldSpotChecks returns the accounts' spot checks that are bound to no journey or
// whose outcome is on_hold, oldest first. No account means none, never all.
func (l *Ledger) HeldSpotChecks(ctx context.Context, accounts []string) ([]HeldSpotCheck, error) {
	return nil, errUnbuilt
}
