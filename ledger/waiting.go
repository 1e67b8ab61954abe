package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"idjourney/journey"
	"idjourney/telemetry"
)

// ErrCursor says that this ledger did not issue the cursor.
var ErrCursor = errors.New("the cursor is not one of ours")

// ReviewAML is the kind of a ReviewItem that is an AML alert.
const ReviewAML journey.ReviewKind = "aml"

// How many items a page has.
const usualPage, longestPage = 100, 500

// ReviewFilter selects open reviews and AML alerts.
type ReviewFilter struct {
	// Accounts are those that may be seen; without any there is no item.
	Accounts []string
	// Kind is vendor, local or aml; empty for all.
	Kind journey.ReviewKind
	// Overdue selects only what was to be escalated by now.
	Overdue bool
	// WithoutAML leaves out AML alerts, reviews because of AML, and all reviews of journeys
	// on hold, so that a hold because of AML cannot be recognised.
	WithoutAML bool
	// After is the cursor of the previous page; empty for the first.
	After string
	// Limit bounds the page: 1 to 500, 100 if it is 0.
	Limit int
}

// ReviewItem is one thing that waits for a person's decision.
type ReviewItem struct {
	Account, JourneyID string
	// ID is the review's or the alert's.
	ID   string
	Kind journey.ReviewKind
	// Reason is a review's; Severity and AMLVersion are an alert's.
	Reason     string
	Severity   journey.Severity
	AMLVersion int
	Since      time.Time
	// OverdueAt is when it was, or is to be, escalated; zero if never.
	OverdueAt time.Time
	Overdue   bool
}

// Reviews returns the open reviews and AML alerts, oldest first, and the cursor of the next
// page, which is empty after the last. A cursor that cannot be read is ErrCursor.
func (l *Ledger) Reviews(ctx context.Context, f ReviewFilter) (items []ReviewItem, next string, err error) {
	defer wrap(&err, "reading reviews")
	if len(f.Accounts) == 0 {
		return nil, "", nil
	}
	f.Limit = min(cmp.Or(max(f.Limit, 0), usualPage), longestPage)
	query, args, err := selectReviews(f, time.Now())
	if err != nil {
		return nil, "", err
	}
	items, err = list(ctx, l.read, query, args, func(i *ReviewItem) []any {
		return []any{&i.Account, &i.JourneyID, &i.ID, &i.Kind, &i.Reason, &i.Severity, &i.AMLVersion,
			(*instant)(&i.Since), (*instant)(&i.OverdueAt), &i.Overdue}
	})
	if len(items) > f.Limit {
		items = items[:f.Limit]
		next = cursorOf(items[f.Limit-1])
	}
	return items, next, err
}

// selectReviews asks for one item more than the page has, to find out whether it is the
// last.
func selectReviews(f ReviewFilter, now time.Time) (query string, args []any, err error) {
	query, args = inAccounts(`
SELECT account, journey_id, id, kind, reason, severity, aml_version, since, overdue_at, COALESCE(overdue_at <= $2, FALSE)
FROM reviews WHERE account IN %s`, f.Accounts, f.Limit+1, nanos(now))
	if f.Kind != "" {
		args = append(args, string(f.Kind))
		query += fmt.Sprintf(" AND kind = $%d", len(args))
	}
	if f.Overdue {
		query += " AND overdue_at <= $2"
	}
	if f.WithoutAML {
		query += ` AND kind <> 'aml' AND reason NOT LIKE 'aml\_%' ESCAPE '\' AND NOT EXISTS (SELECT 1 FROM journeys j
WHERE j.account = reviews.account AND j.journey_id = reviews.journey_id AND j.outcome = 'on_hold')`
	}
	if f.After != "" {
		c, err := parseCursor(f.After)
		if err != nil {
			return "", nil, err
		}
		n := len(args)
		args = append(args, c.Since, c.Account, c.JourneyID, c.ID)
		query += fmt.Sprintf(" AND (since, account, journey_id, id) > ($%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4)
	}
	return query + " ORDER BY since, account, journey_id, id LIMIT $1", args, nil
}

// cursor is the place of an item in the order.
type cursor struct {
	Since                  int64
	Account, JourneyID, ID string
}

func cursorOf(i ReviewItem) string {
	data, _ := json.Marshal(cursor{nanos(i.Since), i.Account, i.JourneyID, i.ID})
	return base64.RawURLEncoding.EncodeToString(data)
}

func parseCursor(s string) (cursor, error) {
	var c cursor
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return cursor{}, ErrCursor // the parser's error would repeat what the caller sent
	}
	return c, nil
}

// reviewsOf lists the reviews and alerts of a snapshot.
func reviewsOf(s journey.Snapshot) []ReviewItem {
	var items []ReviewItem
	if r := s.Review; r != nil {
		i := ReviewItem{ID: r.ID, Kind: r.Kind, Reason: r.Reason, Since: r.Since}
		if s.Phase != journey.AwaitingResubmission { // the clock stands still while the user has to act
			i.OverdueAt = r.Ladder.OverdueAt(s.At)
		}
		items = append(items, i)
	}
	for _, a := range s.Alerts {
		items = append(items, ReviewItem{ID: a.ID, Kind: ReviewAML, Severity: a.Severity, AMLVersion: a.Version,
			Since: a.Since, OverdueAt: a.Ladder.OverdueAt(s.At)})
	}
	return items
}

const insertReview = `
INSERT INTO reviews (account, journey_id, id, kind, reason, severity, aml_version, since, overdue_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account, journey_id, id) DO NOTHING`

// replaceReviews replaces the reviews and alerts of a journey.
func (t *transaction) replaceReviews(account, journeyID string, items []ReviewItem) {
	t.exec("DELETE FROM reviews WHERE account = $1 AND journey_id = $2", account, journeyID)
	for _, i := range items {
		overdue := sql.NullInt64{Int64: nanos(i.OverdueAt), Valid: !i.OverdueAt.IsZero()}
		t.exec(insertReview, account, journeyID, text(i.ID), string(i.Kind), text(i.Reason),
			string(i.Severity), i.AMLVersion, nanos(i.Since), overdue)
	}
}

// maxJourneys bounds the ids that an Attention names.
const maxJourneys = 10

// Attention is one reason why journeys of an account need a person.
type Attention struct {
	Account string
	Code    journey.AttentionCode
	// Detail is the endpoint of delivery_parked, and empty for every other code.
	Detail string
	// Count is how many journeys it concerns, Since is the time of the oldest item.
	Count int
	Since time.Time
	// Journeys are the ids of the oldest, at most 10; for spot_check_unbound they are ids
	// of spot checks.
	Journeys []string
	// AcknowledgedBy and AcknowledgedAt are zero until a person acknowledges it.
	AcknowledgedBy string
	AcknowledgedAt time.Time
}

// selectAttention reads the index attention_by_code in its order.
const selectAttention = `
SELECT i.account, i.code, i.part, i.count, i.oldest, i.journey_id, COALESCE(k.actor, ''), k.at
FROM (
	SELECT account, code, part, journey_id, since,
		COUNT(*) OVER (PARTITION BY account, code, part) AS count,
		MIN(since) OVER (PARTITION BY account, code, part) AS oldest,
		ROW_NUMBER() OVER (PARTITION BY account, code, part ORDER BY since, journey_id) AS place
	FROM attention WHERE account IN %s
) AS i
LEFT JOIN acknowledgements k ON k.account = i.account AND k.code = i.code AND k.part = i.part
WHERE i.place <= $1
ORDER BY i.oldest, i.account, i.code, i.part, i.place`

// Attention returns what needs a person at the accounts, oldest first. An empty list of
// accounts returns nothing.
func (l *Ledger) Attention(ctx context.Context, accounts []string) (all []Attention, err error) {
	defer wrap(&err, "reading attention")
	if len(accounts) == 0 {
		return nil, nil
	}
	query, args := inAccounts(selectAttention, accounts, maxJourneys)
	rows, err := list(ctx, l.read, query, args, func(a *Attention) []any {
		a.Journeys = make([]string, 1)
		return []any{&a.Account, &a.Code, &a.Detail, &a.Count, (*instant)(&a.Since), &a.Journeys[0], &a.AcknowledgedBy, (*instant)(&a.AcknowledgedAt)}
	})
	for _, a := range rows {
		last := len(all) - 1
		if last < 0 || all[last].Account != a.Account || all[last].Code != a.Code || all[last].Detail != a.Detail {
			all = append(all, a)
			continue
		}
		all[last].Journeys = append(all[last].Journeys, a.Journeys...)
	}
	return all, err
}

const acknowledge = `
INSERT INTO acknowledgements (account, code, part, actor, at) SELECT $1, $2, $3, $4, CAST($5 AS BIGINT)
WHERE EXISTS (SELECT 1 FROM attention WHERE account = $1 AND code = $2 AND part = $3)
ON CONFLICT (account, code, part) DO UPDATE SET actor = excluded.actor, at = excluded.at`

// Acknowledge records that actor takes care of what needs a person; a later actor replaces
// an earlier one. It is ErrNotFound if nothing with this code and detail is open.
func (l *Ledger) Acknowledge(ctx context.Context, account string, code journey.AttentionCode, detail, actor string, at time.Time) (err error) {
	defer wrap(&err, "acknowledging attention")
	if actor == "" {
		return errors.New("the actor is missing")
	}
	return l.inTx(ctx, func(t *transaction) {
		t.lock(lockAttention)
		if !t.exec(acknowledge, account, string(code), detail, actor, nanos(at)) {
			t.err = cmp.Or(t.err, ErrNotFound)
		}
	})
}

// item names what needs a person at one journey; part is the endpoint of delivery_parked.
type item struct{ code, part string }

const (
	// ofSpotCheck separates the items of a spot check from those of a journey with the same id.
	ofSpotCheck = "(code = 'spot_check_unbound')"
	saveItem    = `
INSERT INTO attention (account, journey_id, code, part, since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, journey_id, code, part) DO UPDATE SET since = excluded.since`
	endAcknowledgement = `
DELETE FROM acknowledgements WHERE account = $1 AND code = $2 AND part = $3 AND NOT EXISTS
	(SELECT 1 FROM attention WHERE account = $1 AND code = $2 AND part = $3)`
)

// replaceAttention replaces the items of a journey or, with spotCheck, of a spot check, and
// ends acknowledgements without items. Run it last in a transaction: it holds a lock.
func (t *transaction) replaceAttention(account, journeyID string, spotCheck bool, items []journey.AttentionItem) {
	known := listIn(t, "SELECT code, part FROM attention WHERE account = $1 AND journey_id = $2 AND "+ofSpotCheck+" = $3",
		[]any{account, journeyID, spotCheck}, func(i *item) []any { return []any{&i.code, &i.part} })
	wanted := map[item]time.Time{}
	for _, i := range items {
		key := item{code: string(i.Code)}
		if i.Code == journey.AttentionDeliveryParked {
			key.part = text(i.Detail)
		}
		if since, ok := wanted[key]; !ok || i.Since.Before(since) {
			wanted[key] = i.Since
		}
	}
	for i, since := range wanted {
		t.exec(saveItem, account, journeyID, i.code, i.part, nanos(since))
	}
	known = slices.DeleteFunc(known, func(i item) bool { _, stays := wanted[i]; return stays })
	if len(known) > 0 {
		t.lock(lockAttention)
	}
	for _, i := range known {
		t.exec("DELETE FROM attention WHERE account = $1 AND journey_id = $2 AND code = $3 AND part = $4",
			account, journeyID, i.code, i.part)
		t.exec(endAcknowledgement, account, i.code, i.part)
	}
}

// The queries repeat the conditions of their indexes literally, so that they read no row of a
// finished journey; MAX keeps SQLite from sorting the rows first.
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
