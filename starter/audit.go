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

const (
	auditInterval = time.Minute
	auditBatch    = 60 // journeys at a time, so that IDWise is not flooded when many are due
)

// Auditor finds changes whose webhook was lost: a settled journey that stands approved is
// fetched once in audit_every. The ledger says which are due, so that a sleeping workflow
// needs no timer for it. Several processes may audit: their events have the same id.
type Auditor struct {
	Ledger   *ledger.Ledger
	Accounts []config.Account
	Wake     func()        // called when there is something to forward
	Interval time.Duration // between two searches; a minute if 0
	Logger   *slog.Logger
	Now      func() time.Time // the clock; time.Now if nil
}

// Run audits until ctx ends. It goes on after a failure of the ledger.
func (a *Auditor) Run(ctx context.Context) {
	every(ctx, cmp.Or(a.Interval, auditInterval), a.Once, func(err error) {
		a.Logger.ErrorContext(ctx, "the audit could not use the ledger", "error", err)
	})
}

// Once asks for a fetch of each journey that is due now.
func (a *Auditor) Once(ctx context.Context) error {
	now := at(a.Now)
	for _, account := range a.Accounts {
		for _, flow := range account.Flows {
			period := flow.Policy.AuditEvery
			if period <= 0 {
				continue
			}
			due, err := a.Ledger.DueForAudit(ctx, account.Name, cmp.Or(flow.Name, flow.ID), now.Add(-period), auditBatch)
			if err != nil {
				return err
			}
			for _, j := range due {
				fresh, err := a.Ledger.RecordEvent(ctx, journey.Event{
					EventID: fmt.Sprintf("audit-%d", j.UpdatedAt.UnixNano()), Type: journey.Refresh,
					Account: j.Account, JourneyID: j.JourneyID, ReceivedAt: now,
				})
				if err != nil {
					return err
				}
				if fresh {
					a.Wake()
				}
			}
		}
	}
	return nil
}
