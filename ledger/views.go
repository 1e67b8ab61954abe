package ledger

import (
	"context"
	"errors"

	"idjourney/journey"
)

var errUnbuilt = errors.New("not built yet")

// View is all that the ledger shows of a journey without asking Temporal.
type View struct {
	Journey
	// Snapshot is the latest; its Phase and Since are those of Journey, which may be
	// newer. The rest is zero until a first one came.
	Snapshot journey.Snapshot
	// Version rises whenever anything else in this struct changes, except for
	// Journey.UpdatedAt and Snapshot.At, which only say when it was last confirmed.
	Version int64
}

// View returns what is shown of a journey, or ErrNotFound. A journey that was only
// registered awaits its user's steps.
func (l *Ledger) View(ctx context.Context, account, journeyID string) (View, error) {
	return View{}, errUnbuilt
}

// ByReference returns an account's journeys with this reference, the one that came
// into its phase last first; none is no error. No journey has the empty reference.
func (l *Ledger) ByReference(ctx context.Context, account, reference string) ([]View, error) {
	return nil, errUnbuilt
}

// NewestApproved returns the ids of the reference's journeys whose standing is
// approved since the newest instant; more than one is a tie, none is no error.
// Journeys that have ended are among them: IDWise does not know that they have.
func (l *Ledger) NewestApproved(ctx context.Context, account, reference string) ([]string, error) {
	return nil, errUnbuilt
}

// Register records that the customer's backend knows a journey: Account and
// JourneyID, Reference and Flow as far as it says them; all else of j is ignored.
// From then on the reference is the backend's, whatever the vendor's result shows:
// there the user's app has chosen it. Registering it with another reference is
// ErrRegistered, a journey that was erased is ErrErased.
func (l *Ledger) Register(ctx context.Context, j Journey) error {
	return errUnbuilt
}
