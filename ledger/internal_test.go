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

// However many journeys have been finished, reading metrics looks at none of them.
func TestFiguresReadIndexesAlone(t *testing.T) {
	t.Parallel()
	l, err := Open(t.Context(), "sqlite:"+t.TempDir()+"/l.db")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, index := range map[string]string{selectWaiting: "journeys_waiting", selectUndelivered: "deliveries_waiting",
		selectOpenReviews: "reviews_open", selectOpenIncidents: "attention_incident"} {
		var plan []string
		err := each(t.Context(), l.read, "EXPLAIN QUERY PLAN "+query, []any{0}[:strings.Count(query, "$1")], func(rows *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			plan = append(plan, detail)
			return err
		})
		if err != nil || len(plan) != 1 || !strings.HasSuffix(plan[0], "USING COVERING INDEX "+index) {
			t.Errorf("got the plan %q and %v, want a scan of %s alone", plan, err, index)
		}
	}
}
