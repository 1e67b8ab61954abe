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

// claimed is a webhook under a lease, without its body and reference.
type claimed struct {
	Webhook
	attempts int
	until    time.Time
}

// lane is the webhooks of one account that wait for their first attempt or, with
// failed, for another one.
type lane struct {
	account string
	failed  bool
}

// eachAccount begins a query with the table accounts: the accounts that have webhooks
// under a condition. It reads one index entry per account, regardless of the backlog.
func eachAccount(condition string) string {
	return `
WITH RECURSIVE found(account) AS (
	SELECT MIN(account) FROM webhooks WHERE ` + condition + `
	UNION ALL
	SELECT (SELECT MIN(account) FROM webhooks WHERE account > found.account AND ` + condition + `)
	FROM found WHERE found.account IS NOT NULL
), accounts AS (SELECT account FROM found WHERE account IS NOT NULL)
`
}

var selectLanes = eachAccount("due_at IS NOT NULL") + `
SELECT account,
	(SELECT MIN(due_at) FROM webhooks w WHERE w.account = accounts.account AND failed = 0 AND due_at IS NOT NULL),
	(SELECT MIN(due_at) FROM webhooks w WHERE w.account = accounts.account AND failed = 1 AND due_at IS NOT NULL)
FROM accounts`

// dueLanes returns the lanes in which a webhook is due at now, and when the next of the
// other lanes is due (the zero time if none waits). It only reads, so that an idle
// forwarder does not write to SQLite.
func (l *Ledger) dueLanes(ctx context.Context, now time.Time) (due []lane, next time.Time, err error) {
	defer wrap(&err, "looking for due webhooks")
	err = each(ctx, l.read, selectLanes, nil, func(rows *sql.Rows) error {
		var account string
		var first [2]time.Time // of the fresh and of the failed
		err := rows.Scan(&account, (*instant)(&first[0]), (*instant)(&first[1]))
		for i, at := range first {
			switch {
			case at.IsZero():
			case !at.After(now):
				due = append(due, lane{account, i == 1})
			case next.IsZero() || at.Before(next):
				next = at
			}
		}
		return err
	})
	return due, next, err
}

const claimDue = `
WITH due AS MATERIALIZED (
	SELECT id FROM webhooks WHERE account = $1 AND failed = $2 AND due_at <= $3 ORDER BY due_at, id LIMIT $4 %s
)
UPDATE webhooks SET due_at = $5, attempts = attempts + 1
WHERE id IN (SELECT id FROM due)
RETURNING id, event_type, event_id, journey_id, received_at, trace_parent, event, attempts`

// claim leases up to limit due webhooks of a lane, oldest first.
func (l *Ledger) claim(ctx context.Context, from lane, limit int, lease time.Duration) (batch []claimed, err error) {
	defer wrap(&err, "claiming webhooks")
	now := time.Now()
	until := now.Add(lease)
	err = each(ctx, l.write, fmt.Sprintf(claimDue, l.dialect.skipLocked),
		[]any{from.account, from.flag(), now.UnixNano(), limit, until.UnixNano()}, func(rows *sql.Rows) error {
			c := claimed{Webhook: Webhook{Account: from.account, Disposition: Forward}, until: until}
			err := rows.Scan(&c.ID, &c.EventType, &c.EventID, &c.JourneyID, (*instant)(&c.ReceivedAt), &c.TraceParent, &c.Event, &c.attempts)
			batch = append(batch, c)
			return err
		})
	// RETURNING promises no order.
	slices.SortFunc(batch, func(a, b claimed) int { return cmp.Compare(a.ID, b.ID) })
	return batch, err
}

func (f lane) flag() int {
	if f.failed {
		return 1
	}
	return 0
}

// markForwarded marks webhooks as forwarded, even if another process holds their leases
// by now: the workflow has accepted them. The ids are from this process's own claims.
func (l *Ledger) markForwarded(ctx context.Context, ids []int64) (err error) {
	defer wrap(&err, "marking webhooks as forwarded")
	claims, args := in(ids, []any{time.Now().UnixNano()})
	return exec(ctx, l.write, "UPDATE webhooks SET due_at = NULL, forwarded_at = $1 WHERE due_at IS NOT NULL AND id IN "+claims, args...)
}

// putOff ends a lease early and makes the webhook due again after d.
func (l *Ledger) putOff(ctx context.Context, c claimed, d time.Duration) (err error) {
	defer wrap(&err, "putting a webhook off")
	return exec(ctx, l.write, "UPDATE webhooks SET due_at = $1, failed = 1 WHERE id = $2 AND attempts = $3 AND due_at IS NOT NULL",
		time.Now().Add(d).UnixNano(), c.ID, c.attempts)
}

// PendingWebhooks counts the webhooks that no workflow has taken yet and says
// when the oldest of them was received (the zero time if there is none).
func (l *Ledger) PendingWebhooks(ctx context.Context) (count int, oldest time.Time, err error) {
	defer wrap(&err, "counting pending webhooks")
	_, err = one(ctx, l.read, "SELECT COUNT(*), MIN(received_at) FROM webhooks WHERE due_at IS NOT NULL", nil, &count, (*instant)(&oldest))
	return count, oldest, err
}

// hasContent is the condition of the index webhooks_content.
const hasContent = "(body IS NOT NULL OR event IS NOT NULL)"

var selectWithContent = eachAccount(hasContent) + "SELECT account FROM accounts"

const removeContent = `
WITH old AS MATERIALIZED (
	SELECT id FROM webhooks WHERE account = $1 AND received_at < $2 AND ` + hasContent + ` AND due_at IS NULL
	ORDER BY received_at LIMIT $3 %s
)
UPDATE webhooks SET body = NULL, event = NULL WHERE id IN (SELECT id FROM old)`

// RemoveContent removes the bodies and events of webhooks that were received before the
// given time and do not wait for forwarding: of each account up to limit, oldest first.
// It returns how many it removed; go on until none is left. The rows stay with the
// hashes, so that a duplicate is still known as one.
func (l *Ledger) RemoveContent(ctx context.Context, before time.Time, limit int) (removed int64, err error) {
	defer wrap(&err, "removing the content of webhooks")
	accounts, err := list(ctx, l.read, selectWithContent, nil, itself[string])
	for _, account := range accounts {
		if err != nil {
			return removed, err
		}
		var result sql.Result
		if result, err = l.write.ExecContext(ctx, fmt.Sprintf(removeContent, l.dialect.skipLocked), account, nanos(before), limit); err == nil {
			var n int64
			n, err = result.RowsAffected()
			removed += n
		}
	}
	return removed, err
}
