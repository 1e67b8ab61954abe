package ledger

import (
	"context"
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
	selectWithheld = `
SELECT account, state, COUNT(*), MIN(since) FROM candidates
WHERE state IN ('waiting', 'unknown') GROUP BY account, state`
	selectOpenAttention = `
SELECT account, code, COUNT(*), MIN(since) FROM attention GROUP BY account, code`
)

// Figures returns what waits, as of now. A journey that entered its phase before
// overdue counts as overdue; a review or an AML alert does once its ladder has
// escalated it.
func (l *Ledger) Figures(ctx context.Context, overdue time.Time) (f telemetry.Figures, err error) {
	defer wrap(&err, "reading what waits")
	if f.Pending, f.OldestPending, err = l.PendingWebhooks(ctx); err != nil {
		return f, err
	}
	if f.Waiting, err = list(ctx, l.read, selectWaiting, []any{nanos(overdue)}, func(w *telemetry.Waiting) []any {
		return []any{&w.Account, &w.Phase, &w.Review, &w.Count, (*instant)(&w.Oldest), &w.Overdue}
	}); err != nil {
		return f, err
	}
	if f.Undelivered, err = list(ctx, l.read, selectUndelivered, nil, func(u *telemetry.Undelivered) []any {
		return []any{&u.Account, &u.Endpoint, &u.State, &u.Count, (*instant)(&u.Oldest)}
	}); err != nil {
		return f, err
	}
	if f.Reviews, err = list(ctx, l.read, selectOpenReviews, []any{nanos(time.Now())}, func(r *telemetry.OpenReviews) []any {
		return []any{&r.Account, &r.Kind, &r.Severity, &r.Count, (*instant)(&r.Oldest), &r.Overdue}
	}); err != nil {
		return f, err
	}
	if f.Withheld, err = list(ctx, l.read, selectWithheld, nil, func(w *telemetry.Withheld) []any {
		return []any{&w.Account, &w.State, &w.Count, (*instant)(&w.Oldest)}
	}); err != nil {
		return f, err
	}
	f.Attention, err = list(ctx, l.read, selectOpenAttention, nil, func(a *telemetry.OpenAttention) []any {
		return []any{&a.Account, &a.Code, &a.Count, (*instant)(&a.Oldest)}
	})
	return f, err
}
