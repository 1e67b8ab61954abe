package ledger_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// tables reads every table that the database has.
func tables(t *testing.T, url string) map[string][]map[string]string {
	t.Helper()
	driver, name, query := "pgx", url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name, query = "sqlite", path, "SELECT name FROM sqlite_schema WHERE type = 'table'"
	}
	db, err := sql.Open(driver, name)
	mustDo(t, err)
	defer db.Close()
	all := map[string][]map[string]string{}
	for _, table := range scan(t, db, query) {
		all[table["name"]] = scan(t, db, "SELECT * FROM "+table["name"])
	}
	return all
}

// found names the columns, of every table, that contain any of the words.
func found(t *testing.T, url string, words ...string) (columns []string) {
	t.Helper()
	seen := 0
	for table, rows := range tables(t, url) {
		seen += len(rows)
		for _, row := range rows {
			for column, value := range row {
				for _, word := range words {
					if strings.Contains(strings.ToLower(value), strings.ToLower(word)) {
						columns = append(columns, table+"."+column+": "+value)
					}
				}
			}
		}
	}
	if seen < 10 {
		t.Fatalf("read only %d rows", seen)
	}
	return columns
}

// scan reads all rows as text; the first column is also called name.
func scan(t *testing.T, db *sql.DB, query string) (all []map[string]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	mustDo(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	mustDo(t, err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		mustDo(t, rows.Scan(into...))
		row := map[string]string{}
		for i, column := range columns {
			text := fmt.Sprint(values[i])
			if data, ok := values[i].([]byte); ok {
				text = string(data)
			}
			if row[column] = text; i == 0 {
				row["name"] = text
			}
		}
		all = append(all, row)
	}
	mustDo(t, rows.Err())
	return all
}

// fill writes a journey to every table, with the reference in every column that may
// hold one.
func fill(t *testing.T, l *ledger.Ledger, id, reference string) {
	t.Helper()
	ctx := t.Context()
	mustDo(t, l.Register(ctx, ledger.Journey{Account: "bank", JourneyID: id, Reference: reference, Flow: "onboarding"}))
	mustDo(t, l.SaveJourney(ctx, ledger.Journey{Account: "bank", JourneyID: id, Phase: journey.CustomSteps, Reference: reference, UpdatedAt: at(0)}))
	hook := func(event, journeyID string, disposition ledger.Handling) {
		w := ledger.Webhook{Account: "bank", EventType: event, EventID: id + event, JourneyID: journeyID, ReferenceNo: reference,
			Body:     fmt.Appendf(nil, `{"event":%q,"body":{"journeyId":%q,"referenceNo":%q}}`, event, journeyID, reference),
			Handling: disposition, ReceivedAt: at(0)}
		if disposition == ledger.Forward {
			w.Event = w.Body
		}
		mustRecord(t, l, w)
	}
	hook("Finished Journey", id, ledger.Forward)
	hook("Updated Journey", id, ledger.Keep)
	hook("Finished Spot Check", "", ledger.Forward)
	hook("spot check by its id", id+"-spot", ledger.Forward)
	quarantined := fmt.Appendf(nil, "journey %s of %q", id, reference)
	mustRecord(t, l, ledger.Webhook{Account: "bank", Body: quarantined, Handling: ledger.Quarantine, Reason: "not_json"})
	mustRecord(t, l, ledger.Webhook{Account: "bank", Body: fmt.Appendf(nil, "who is %q?", reference), Handling: ledger.Quarantine, Reason: "not_json"})
	_, err := l.RecordEvent(ctx, journey.Event{EventID: id, Type: journey.Adopt, Account: "bank", JourneyID: id, ReferenceNo: reference, ReceivedAt: at(0)})
	mustDo(t, err)
	mustSnapshot(t, l, id, inReview(1))
	mustSave(t, l, decision(id, 1, journey.OutcomeApproved), journey.AwaitingReview)
	mustDo(t, l.SaveDelivery(ctx, ledger.Delivery{MessageID: id, Endpoint: "core", Account: "bank", JourneyID: id, State: ledger.DeliveryPending}))
	_, err = l.ClaimSubmission(ctx, "bank", id, "face", "1/hash")
	mustDo(t, err)
	_, err = l.SaveStepAnswer(ctx, ledger.StepAnswer{Account: "bank", JourneyID: id, Step: "face", Subject: "hash", At: at(0),
		Answer: journey.StepAnswer{Outcome: journey.StepFailed, Reason: "reason of " + reference}})
	mustDo(t, err)
	mustDo(t, l.OpenStepCall(ctx, ledger.StepCall{Account: "bank", JourneyID: id, Step: "face", OpenedAt: at(0)}, "token of "+id))
	_, err = l.BeginIdempotent(ctx, request("bank", "core", "key of "+reference, "hash"), at(0))
	mustDo(t, err)
	mustDo(t, l.FinishIdempotent(ctx, request("bank", "core", "key of "+reference, "hash"), id, 201, fmt.Appendf(nil, `{"journeyId":%q,"reference":%q}`, id, reference)))
	for _, d := range []journey.SpotDecision{{SpotID: id + "-spot", JourneyID: id}, {SpotID: id + "-unbound"}} {
		d.Account, d.Outcome, d.DecidedAt = "bank", journey.SpotPassed, at(3)
		mustDo(t, l.SaveSpotCheck(ctx, d, reference))
	}
}

func TestEraseRemovesAllPersonalData(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		fill(t, l, "j1", "anna@example.com")
		fill(t, l, "j2", "ben@example.com")
		if got := found(t, url, "anna@example.com"); len(got) < 15 {
			t.Fatalf("before the erasure only %d places contain the reference: %q", len(got), got)
		}
		ben := len(found(t, url, "ben@example.com"))
		for range 2 {
			mustDo(t, l.Erase(t.Context(), "bank", "j1", at(10)))
			if got := found(t, url, "anna"); len(got) > 0 {
				t.Errorf("after the erasure: %q", got)
			}
		}
		if got := len(found(t, url, "ben@example.com")); got != ben {
			t.Errorf("%d places contain another customer, want %d as before", got, ben)
		}
		wantDecisions(t, l, "j1", decision("j1", 1, journey.OutcomeApproved))
		v := mustView(t, l, "j1")
		if v.Phase != journey.Erased || v.Standing.Outcome != journey.OutcomeApproved || v.Snapshot.Alerts != nil || !v.Snapshot.Since.Equal(at(10)) {
			t.Errorf("got %+v", v)
		}
		items, _, err := l.Reviews(t.Context(), ledger.ReviewFilter{Accounts: []string{"bank"}})
		if err != nil || len(items) != 2 || items[0].JourneyID != "j2" {
			t.Errorf("got reviews %+v, %v, want those of the other customer", items, err)
		}

		// Data that arrives after the erasure is treated like data from before it.
		late := webhook("late")
		late.ReferenceNo, late.Body, late.Event = "anna@example.com", []byte("anna"), []byte("anna")
		id := mustRecord(t, l, late)
		mustDo(t, l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.Settled, Reference: "anna", UpdatedAt: at(20)}))
		mustSnapshot(t, l, "j1", journey.Snapshot{At: at(21), Phase: journey.Erased, Since: at(20)})
		mustDo(t, l.SaveSpotCheck(t.Context(), journey.SpotDecision{Account: "bank", SpotID: "late", JourneyID: "j1", Outcome: journey.SpotPassed, DecidedAt: at(22)}, "anna"))
		if got := found(t, url, "anna"); len(got) > 0 {
			t.Errorf("data that arrived late: %q", got)
		}
		w, err := l.Webhook(t.Context(), id)
		if err != nil || w.Handling != ledger.Keep || w.Reason != "erased" || w.Body != nil || len(w.BodyHash) != 64 {
			t.Errorf("got %+v, %v, want a row without content", w, err)
		}
		if _, err := l.SaveStepAnswer(t.Context(), ledger.StepAnswer{Account: "bank", JourneyID: "j1", Step: "face", Answer: journey.StepAnswer{Outcome: journey.StepPassed}}); err == nil {
			t.Error("an answer was recorded for a journey that was erased")
		}
	})
}

// If another journey has the reference, rows that may concern that journey keep it.
func TestEraseKeepsAReferenceThatAnotherJourneyHas(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		fill(t, l, "j1", "anna@example.com")
		mustDo(t, l.Register(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j2", Reference: "anna@example.com"}))
		mustDo(t, l.Erase(t.Context(), "bank", "j1", at(10)))
		held, err := l.HeldSpotChecks(t.Context(), []string{"bank"})
		if err != nil || len(held) != 1 || held[0].Reference != "anna@example.com" {
			t.Errorf("got held spot checks %+v, %v", held, err)
		}
		views, err := l.ByReference(t.Context(), "bank", "anna@example.com")
		if err != nil || len(views) != 1 || views[0].JourneyID != "j2" {
			t.Errorf("got %+v, %v", views, err)
		}
		mustDo(t, l.Erase(t.Context(), "bank", "j2", at(11)))
		if got := found(t, url, "anna"); len(got) > 0 {
			t.Errorf("after both erasures: %q", got)
		}
	})
}

// Erased bytes do not stay in the file's free space.
func TestEraseOverwritesTheFile(t *testing.T) {
	t.Parallel()
	url := ledgertest.SQLite(t)
	l := ledgertest.Open(t, url)
	fill(t, l, "j1", "anna@example.com")
	mustDo(t, l.Erase(t.Context(), "bank", "j1", at(10)))
	path := strings.TrimPrefix(url, "sqlite:")
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	scan(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), "anna@example.com") {
		t.Errorf("the file still has the reference (%v)", err)
	}
}
