package ledger

import (
	"context"
	"time"
)

// Erase removes the personal data of a journey and leaves a tombstone. It scrubs the
// reference, the bodies, references and events of its webhooks, its step answers and
// submissions, the answers kept for idempotency that name it, and the references of
// the spot checks bound to it; it goes on to webhooks and spot checks that are known
// by the reference alone, unless another journey has that reference too. Rows,
// hashes and times of webhooks stay: they prove what was received.
//
// Decisions stay as they are, since they are append-only: they carry no direct
// identifier, and whatever an operator wrote as a reason stays too. Webhooks that
// come later are recorded without their content. Erasing again is no error, and
// erases what came in between. Backups and what a database has not yet vacuumed are
// beyond it.
func (l *Ledger) Erase(ctx context.Context, account, journeyID string, at time.Time) error {
	return errUnbuilt
}
