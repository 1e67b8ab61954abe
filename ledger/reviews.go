package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"idjourney/journey"
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
