package ledger

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{0, 0, 200 * time.Millisecond},
		{1, 0, 200 * time.Millisecond},
		{1, 0.5, 180 * time.Millisecond},
		{2, 0, 400 * time.Millisecond},
		{8, 0, 25600 * time.Millisecond},
		{9, 0, 30 * time.Second},
		{9, 0.999999999, 24 * time.Second},
		{1 << 40, 0, 30 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d-%v", tc.attempt, tc.random), func(t *testing.T) {
			t.Parallel()
			if got := backoff(tc.attempt, tc.random).Round(time.Millisecond); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestDecisionsCannotBeChangedEvenBySQL(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{"UPDATE decisions SET outcome = 'approved'", "DELETE FROM decisions"} {
		t.Run(strings.Fields(statement)[0], func(t *testing.T) {
			t.Parallel()
			l, err := Open(t.Context(), "sqlite:"+t.TempDir()+"/l.db")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := l.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := l.write.ExecContext(t.Context(), `INSERT INTO decisions
				(account, journey_id, sequence, id, outcome, content, content_hash, recorded_at)
				VALUES ('a', 'j', 1, 'd', 'rejected', '{}', '', 0)`); err != nil {
				t.Fatal(err)
			}
			_, err = l.write.ExecContext(t.Context(), statement)
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("got %v, want a refusal", err)
			}
		})
	}
}

// Reading the figures reads no row of a finished journey.
func TestFiguresReadIndexesAlone(t *testing.T) {
	t.Parallel()
	l := openMigrated(t)
	for query, index := range map[string]string{
		tallyJourneys: "journeys_waiting", tallyReviews: "journeys_waiting", tallyDeliveries: "deliveries_waiting",
		tallyLadders: "reviews_open", tallyAlerts: "reviews_open", tallyAttention: "attention_by_code",
	} {
		plan := planOf(t, l, query)
		if len(plan) != 1 || !strings.HasSuffix(plan[0], "USING COVERING INDEX "+index) {
			t.Errorf("got the plan %q, want a scan of %s alone", plan, index)
		}
	}
}

// No request reads a whole table.
func TestQueriesSearchIndexes(t *testing.T) {
	t.Parallel()
	l := openMigrated(t)
	feed, _ := feedOf([]string{"a", "b"}, 0, 100)
	reviews, _, err := selectReviews(ReviewFilter{Accounts: []string{"a"}, Limit: 100, After: cursorOf(ReviewItem{})}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	accounts, _ := in([]string{"a"}, []any{0})
	for query, index := range map[string]string{
		selectViews + "journey_id = $2":        "sqlite_autoindex_journeys_1",
		selectViews + byReference:              "journeys_reference",
		selectApproved:                         "journeys_reference",
		feed:                                   "decisions_account",
		reviews:                                "reviews_oldest",
		fmt.Sprintf(selectAttention, accounts): "attention_by_code",
		fmt.Sprintf(selectHeld, "($1)"):        "spot_checks_held",
		scrub + "journey_id = $2":              "webhooks_journey",
		scrub + byReferenceNo:                  "webhooks_reference",
		expireKeys:                             "idempotency_begun",
		scrubIdempotent:                        "idempotency_journey",
		selectAnswer:                           "sqlite_autoindex_idempotency_1",
	} {
		plan := strings.Join(planOf(t, l, query), "; ")
		if !strings.Contains(plan, "INDEX "+index) {
			t.Errorf("got the plan %q for %s, want one by %s", plan, query, index)
		}
		for _, table := range []string{"journeys", "decisions", "webhooks", "reviews", "attention", "spot_checks", "idempotency"} {
			if strings.Contains(plan, "SCAN "+table) {
				t.Errorf("all of %s is read: %q for %s", table, plan, query)
			}
		}
	}
}

func openMigrated(t *testing.T) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), "sqlite:"+t.TempDir()+"/l.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// planOf is SQLite's plan for a query; its parameters go by number.
func planOf(t *testing.T, l *Ledger, query string) (plan []string) {
	t.Helper()
	var args []any
	for strings.Contains(query, fmt.Sprintf("$%d", len(args)+1)) {
		args = append(args, 0)
	}
	err := each(t.Context(), l.read, "EXPLAIN QUERY PLAN "+query, args, func(rows *sql.Rows) error {
		var id, parent, unused int
		var detail string
		err := rows.Scan(&id, &parent, &unused, &detail)
		plan = append(plan, detail)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return plan
}
