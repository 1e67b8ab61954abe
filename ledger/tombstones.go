package ledger

import (
	"context"
	"errors"

	"idjourney/journey"
)

// ErrErased says that the journey's personal data was erased, so that nothing more
// is recorded of it.
var ErrErased = errors.New("the journey was erased")

// ErrRegistered says that the journey is registered with another reference.
var ErrRegistered = errors.New("the journey is registered with another reference")

// Tombstone says whether a journey is over for good, and how: ended or erased.
func (l *Ledger) Tombstone(ctx context.Context, account, journeyID string) (phase journey.Phase, ok bool, err error) {
	return "", false, errUnbuilt
}
