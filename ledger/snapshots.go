package ledger

import (
	"context"

	"idjourney/journey"
)

// SaveSnapshot lets s be what the ledger shows of a journey: its phase, its open
// review and AML alerts, and what needs a person. Snapshots of different lanes may
// come in any order; the latest At counts, and of two with the same At the one that
// came last. Of SaveSnapshot, SaveJourney and SaveDecision the newest instant says
// the phase.
//
// A snapshot whose phase is ended or erased sets a tombstone, whenever it comes.
// Nothing removes it: after that only a final snapshot changes anything, and
// nobody is waited for any more.
func (l *Ledger) SaveSnapshot(ctx context.Context, account, journeyID string, s journey.Snapshot) error {
	return errUnbuilt
}
