package starter

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

// AuditLedger is what the auditor needs of a *ledger.Ledger.
type AuditLedger interface {
	DueForAudit(ctx context.Context, account, flow string, before time.Time, limit int) ([]ledger.Journey, error)
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
}

// The auditor takes a few journeys at a time, so that IDWise is not flooded when many
// are due.
const (
	auditInterval = time.Minute
	auditBatch    = 60
)

// Auditor finds changes whose webhook was lost: a settled journey that stands approved
// is fetched once in audit_every. The ledger says which are due, so that a sleeping
// workflow needs no timer for it. Several processes may audit: the event that asks for
// the fetch has the same id in all of them.
type Auditor struct {
	Ledger   AuditLedger
	Accounts []config.Account
	// Wake is called when there is something to forward.
	Wake func()
	// Interval is the time between two searches; a minute if 0.
	Interval time.Duration
	Logger   *slog.Logger
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Run audits until ctx ends. It goes on after a failure of the ledger.
func (a *Auditor) Run(ctx context.Context) {
	ticker := time.NewTicker(cmp.Or(a.Interval, auditInterval))
	defer ticker.Stop()
	for {
		if err := a.Once(ctx); err != nil && ctx.Err() == nil {
			a.Logger.ErrorContext(ctx, "the audit could not use the ledger", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once asks for a fetch of each journey that is due now.
func (a *Auditor) Once(ctx context.Context) error {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	for _, account := range a.Accounts {
		for _, flow := range account.Flows {
			every := flow.Policy.AuditEvery
			if every <= 0 {
				continue
			}
			due, err := a.Ledger.DueForAudit(ctx, account.Name, cmp.Or(flow.Name, flow.ID), now().Add(-every), auditBatch)
			if err != nil {
				return err
			}
			for _, j := range due {
				fresh, err := a.Ledger.RecordEvent(ctx, journey.Event{
					EventID: fmt.Sprintf("audit-%d", j.UpdatedAt.UnixNano()), Type: journey.Refresh,
					Account: j.Account, JourneyID: j.JourneyID, ReceivedAt: now(),
				})
				if err != nil {
					return err
				}
				if fresh && a.Wake != nil {
					a.Wake()
				}
			}
		}
	}
	return nil
}
