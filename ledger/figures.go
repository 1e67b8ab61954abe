package ledger

import (
	"context"
	"time"

	"idjourney/journey"
	"idjourney/telemetry"
)

// The queries return the fields of a telemetry.Tally. They repeat the conditions of their
// indexes literally, so that both databases use these and read no row of a finished
// journey; MAX keeps SQLite from sorting the rows first.
const (
	waitingPhases = "phase IN ('awaiting_user_steps', 'custom_steps', 'awaiting_result', 'awaiting_review', 'awaiting_resubmission')"
	tallyJourneys = `
SELECT account, phase, '', COUNT(*), MIN(phase_since), 0 FROM journeys
WHERE ` + waitingPhases + ` GROUP BY account, phase`
	tallyReviews = `
SELECT account, CASE WHEN review = '' THEN 'unknown' ELSE review END, '', COUNT(*), MIN(phase_since), SUM(CASE WHEN phase_since < $1 THEN 1 ELSE 0 END)
FROM journeys WHERE ` + waitingPhases + ` GROUP BY account, phase, review HAVING MAX(phase) = 'awaiting_review'`
	tallyLadders = `
SELECT account, kind, '', COUNT(*), MIN(since), SUM(CASE WHEN overdue_at <= $1 THEN 1 ELSE 0 END) FROM reviews
GROUP BY account, kind HAVING MAX(kind) <> 'aml'`
	tallyAlerts = `
SELECT account, severity, '', COUNT(*), MIN(since), SUM(CASE WHEN overdue_at <= $1 THEN 1 ELSE 0 END) FROM reviews
GROUP BY account, kind, severity HAVING MAX(kind) = 'aml'`
	tallyAttention = `
SELECT account, code, '', COUNT(*), MIN(since), 0 FROM attention GROUP BY account, code`
	tallyDeliveries = `
SELECT account, endpoint, state, COUNT(*), MIN(first_at), 0 FROM deliveries
WHERE state <> 'delivered' GROUP BY account, endpoint, state`
	tallyWithheld = `
SELECT account, state, '', COUNT(*), MIN(since), 0 FROM candidates
WHERE state IN ('waiting', 'unknown') GROUP BY account, state`
)

// Figures returns what waits now. A review counts as overdue if its journey entered the
// phase before overdue, and as escalated once its ladder says so.
func (l *Ledger) Figures(ctx context.Context, overdue time.Time) (f telemetry.Figures, err error) {
	defer wrap(&err, "reading what waits")
	if f.Pending, f.OldestPending, err = l.PendingWebhooks(ctx); err != nil {
		return f, err
	}
	now := []any{nanos(time.Now())}
	for _, tally := range []struct {
		into  *[]telemetry.Tally
		query string
		args  []any
	}{
		{&f.Journeys, tallyJourneys, nil}, {&f.Reviews, tallyReviews, []any{nanos(overdue)}},
		{&f.Ladders, tallyLadders, now}, {&f.Alerts, tallyAlerts, now}, {&f.Attention, tallyAttention, nil},
		{&f.Deliveries, tallyDeliveries, nil}, {&f.Withheld, tallyWithheld, nil},
	} {
		*tally.into, err = list(ctx, l.read, tally.query, tally.args, func(t *telemetry.Tally) []any {
			return []any{&t.Account, &t.By, &t.And, &t.Count, (*instant)(&t.Oldest), &t.Overdue}
		})
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// NoFigures returns every group that Figures may have, with nothing in it, for accounts
// with the given endpoints.
func NoFigures(endpoints map[string][]string) (f telemetry.Figures) {
	for account, names := range endpoints {
		addGroups(&f.Journeys, account, journey.AwaitingUserSteps, journey.CustomSteps, journey.AwaitingResult,
			journey.AwaitingReview, journey.AwaitingResubmission)
		addGroups(&f.Reviews, account, journey.ReviewVendor, journey.ReviewLocal, "unknown")
		addGroups(&f.Ladders, account, journey.ReviewVendor, journey.ReviewLocal)
		addGroups(&f.Alerts, account, journey.SeverityLow, journey.SeverityMedium, journey.SeverityHigh)
		addGroups(&f.Attention, account, journey.AttentionCodes()...)
		addGroups(&f.Withheld, account, "waiting", "unknown")
		for _, name := range names {
			for _, state := range []DeliveryState{DeliveryPending, DeliveryParked} {
				f.Deliveries = append(f.Deliveries, telemetry.Tally{Account: account, By: name, And: string(state)})
			}
		}
	}
	return f
}

func addGroups[T ~string](into *[]telemetry.Tally, account string, by ...T) {
	for _, b := range by {
		*into = append(*into, telemetry.Tally{Account: account, By: string(b)})
	}
}
