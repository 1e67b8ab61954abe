package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"idjourney/telemetry"
)

// The figures' queries repeat the conditions of the indexes made for them word by
// word, so that both databases use these and no row of a finished journey is read.
const (
	selectWaiting = `
SELECT account, phase, review, COUNT(*), MIN(phase_since), SUM(CASE WHEN phase_since < $1 THEN 1 ELSE 0 END) FROM journeys
WHERE phase IN ('awaiting_user_steps', 'custom_steps', 'awaiting_result', 'awaiting_review', 'awaiting_resubmission')
GROUP BY account, phase, review`
	selectUndelivered = `
SELECT account, endpoint, state, COUNT(*), MIN(first_at) FROM deliveries
WHERE state <> 'delivered' GROUP BY account, endpoint, state`
	selectOpenReviews = `
SELECT account, kind, severity, COUNT(*), MIN(since), SUM(CASE WHEN overdue_at <= $1 THEN 1 ELSE 0 END) FROM reviews
GROUP BY account, kind, severity`
	selectOpenIncidents = `
SELECT account, code, COUNT(*), MIN(since) FROM attention GROUP BY account, code`
)

// Figures returns what waits, as of now. A journey that entered its phase before
// overdue counts as overdue; a review or an AML alert does once its ladder has
// escalated it.
func (l *Ledger) Figures(ctx context.Context, overdue time.Time) (telemetry.Figures, error) {
	var f telemetry.Figures
	var err error
	if f.Pending, f.OldestPending, err = l.PendingWebhooks(ctx); err != nil {
		return telemetry.Figures{}, err
	}
	for _, read := range []func(context.Context, *telemetry.Figures) error{
		func(ctx context.Context, f *telemetry.Figures) error { return l.readWaiting(ctx, f, overdue) },
		l.readUndelivered, l.readReviews, l.readIncidents, l.readWithheld,
	} {
		if err := read(ctx, &f); err != nil {
			return telemetry.Figures{}, err
		}
	}
	return f, nil
}

func (l *Ledger) readWaiting(ctx context.Context, f *telemetry.Figures, overdue time.Time) error {
	err := each(ctx, l.read, selectWaiting, []any{nanos(overdue)}, func(rows *sql.Rows) error {
		var w telemetry.Waiting
		var oldest int64
		err := rows.Scan(&w.Account, &w.Phase, &w.Review, &w.Count, &oldest, &w.Overdue)
		w.Oldest = fromNanos(oldest)
		f.Waiting = append(f.Waiting, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("counting waiting journeys: %w", err)
	}
	return nil
}

func (l *Ledger) readUndelivered(ctx context.Context, f *telemetry.Figures) error {
	err := each(ctx, l.read, selectUndelivered, nil, func(rows *sql.Rows) error {
		var u telemetry.Undelivered
		var oldest int64
		err := rows.Scan(&u.Account, &u.Endpoint, &u.State, &u.Count, &oldest)
		u.Oldest = fromNanos(oldest)
		f.Undelivered = append(f.Undelivered, u)
		return err
	})
	if err != nil {
		return fmt.Errorf("counting undelivered messages: %w", err)
	}
	return nil
}

func (l *Ledger) readReviews(ctx context.Context, f *telemetry.Figures) error {
	err := each(ctx, l.read, selectOpenReviews, []any{nanos(time.Now())}, func(rows *sql.Rows) error {
		var r telemetry.OpenReviews
		var oldest int64
		err := rows.Scan(&r.Account, &r.Kind, &r.Severity, &r.Count, &oldest, &r.Overdue)
		r.Oldest = fromNanos(oldest)
		f.Reviews = append(f.Reviews, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("counting open reviews: %w", err)
	}
	return nil
}

func (l *Ledger) readIncidents(ctx context.Context, f *telemetry.Figures) error {
	err := each(ctx, l.read, selectOpenIncidents, nil, func(rows *sql.Rows) error {
		var i telemetry.OpenIncidents
		var oldest int64
		err := rows.Scan(&i.Account, &i.Code, &i.Count, &oldest)
		i.Oldest = fromNanos(oldest)
		f.Incidents = append(f.Incidents, i)
		return err
	})
	if err != nil {
		return fmt.Errorf("counting open incidents: %w", err)
	}
	return nil
}

// WebhookTimes says when a journey's first webhook came, and when the newest that
// came before until. Both are zero if the ledger has none that went to the workflow.
func (l *Ledger) WebhookTimes(ctx context.Context, account, journeyID string, until time.Time) (first, newest time.Time, err error) {
	var oldest, latest sql.NullInt64
	_, err = one(ctx, l.read, `SELECT MIN(received_at), MAX(received_at) FROM webhooks
		WHERE account = $1 AND journey_id = $2 AND received_at <= $3 AND disposition = 'forward'`,
		[]any{account, journeyID, nanos(until)}, &oldest, &latest)
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("reading the times of webhooks: %w", err)
	}
	return fromNanos(oldest.Int64), fromNanos(latest.Int64), nil
}
