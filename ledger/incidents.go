package ledger

import (
	"context"
	"time"

	"idjourney/journey"
)

// Incident is what needs a person at one account for one reason, at however many
// journeys. It is over when its last journey's item is cleared.
type Incident struct {
	Account string
	Code    journey.AttentionCode
	// Detail is the endpoint of delivery_parked, and empty for every other code.
	Detail string
	// Count is how many journeys it concerns, Since the oldest item of theirs.
	Count int
	Since time.Time
	// Journeys are the ids of the first of them, at most 10; for spot_check_unbound
	// they are those of the spot checks.
	Journeys []string
	// AcknowledgedBy and AcknowledgedAt are zero until somebody has taken it on.
	AcknowledgedBy string
	AcknowledgedAt time.Time
}

// Incidents returns the open incidents of the accounts, oldest first. No account
// means no incident, never all.
func (l *Ledger) Incidents(ctx context.Context, accounts []string) ([]Incident, error) {
	return nil, errUnbuilt
}

// Acknowledge writes down that actor has taken on an open incident; who does so later
// takes it over. One that is not open is ErrNotFound.
func (l *Ledger) Acknowledge(ctx context.Context, account string, code journey.AttentionCode, detail, actor string, at time.Time) error {
	return errUnbuilt
}
