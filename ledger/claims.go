package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// A webhook waits for forwarding while its due_at is set. Claiming it moves
// due_at to the end of the lease, so the row of a forwarder that died becomes
// due again by itself; forwarding clears due_at for good. attempts counts the
// claims and tells them apart: a forwarder that comes back after its lease ended
// must not put off what another one has claimed since.
//
// due_at is compared with this machine's clock. Machines that share a ledger
// need clocks that agree to within much less than a lease; if they do not,
// a webhook may be forwarded twice, never lost.

// claimed is a webhook under a lease.
type claimed struct {
	Webhook
	attempts int
	until    time.Time
}

const claimDue = `
WITH due AS MATERIALIZED (
	SELECT id FROM webhooks WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2 %s
)
UPDATE webhooks SET due_at = $3, attempts = attempts + 1
WHERE id IN (SELECT id FROM due)
RETURNING ` + webhookColumns + `, attempts`

// claim leases up to limit due webhooks, oldest first.
func (l *Ledger) claim(ctx context.Context, limit int, lease time.Duration) ([]claimed, error) {
	now := time.Now()
	until := now.Add(lease)
	var batch []claimed
	err := each(ctx, l.write, fmt.Sprintf(claimDue, l.dialect.skipLocked),
		[]any{now.UnixNano(), limit, until.UnixNano()}, func(rows *sql.Rows) error {
			c := claimed{until: until}
			var err error
			c.Webhook, err = scanWebhook(rows, &c.attempts)
			batch = append(batch, c)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("claiming webhooks: %w", err)
	}
	// RETURNING promises no order.
	slices.SortFunc(batch, func(a, b claimed) int { return cmp.Compare(a.ID, b.ID) })
	return batch, nil
}

// markForwarded ends a webhook's wait, whoever holds the lease by now: that it
// was taken is a fact.
func (l *Ledger) markForwarded(ctx context.Context, c claimed) error {
	_, err := l.write.ExecContext(ctx, "UPDATE webhooks SET due_at = NULL, forwarded_at = $1 WHERE id = $2 AND due_at IS NOT NULL",
		time.Now().UnixNano(), c.ID)
	if err != nil {
		return fmt.Errorf("marking webhook as forwarded: %w", err)
	}
	return nil
}

// putOff ends a lease early and makes the webhook due again after d.
func (l *Ledger) putOff(ctx context.Context, c claimed, d time.Duration) error {
	_, err := l.write.ExecContext(ctx, "UPDATE webhooks SET due_at = $1 WHERE id = $2 AND attempts = $3 AND due_at IS NOT NULL",
		time.Now().Add(d).UnixNano(), c.ID, c.attempts)
	if err != nil {
		return fmt.Errorf("putting a webhook off: %w", err)
	}
	return nil
}

// nextDue says when the first waiting webhook is due; ok is false if none waits.
// It only reads, so that an idle forwarder costs SQLite no write.
func (l *Ledger) nextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	var due sql.NullInt64
	if _, err := one(ctx, l.read, "SELECT MIN(due_at) FROM webhooks WHERE due_at IS NOT NULL", nil, &due); err != nil {
		return time.Time{}, false, fmt.Errorf("looking for due webhooks: %w", err)
	}
	return fromNanos(due.Int64), due.Valid, nil
}

// PendingWebhooks counts the webhooks that no workflow has taken yet and says
// when the oldest of them was received (the zero time if there is none).
func (l *Ledger) PendingWebhooks(ctx context.Context) (count int, oldest time.Time, err error) {
	var first sql.NullInt64
	_, err = one(ctx, l.read, "SELECT COUNT(*), MIN(received_at) FROM webhooks WHERE due_at IS NOT NULL", nil, &count, &first)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("counting pending webhooks: %w", err)
	}
	return count, fromNanos(first.Int64), nil
}
