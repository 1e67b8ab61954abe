package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// The forwarder reads only due webhooks, regardless of the backlog.
func TestForwarderSearchesIndexesOnPostgres(t *testing.T) {
	t.Parallel()
	for statement, index := range map[string]string{
		"lanes": "webhooks_due", "claim": "webhooks_due", "content": "webhooks_content", "remove": "webhooks_content",
	} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			plan, err := ledgertest.Open(t, ledgertest.Postgres(t)).Plan(t.Context(), statement)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan, index) || strings.Contains(plan, "Seq Scan on webhooks") {
				t.Errorf("want a search of %s, got the plan\n%s", index, plan)
			}
		})
	}
}

// Content is removed by account and age. Waiting webhooks keep it, and duplicates are still detected.
func TestContentIsRemovedByAccountAndAge(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		old := func(w *ledger.Webhook) { w.ReceivedAt = at(0) }
		kept := func(w *ledger.Webhook) { w.Handling, w.Event, w.ReceivedAt = ledger.Keep, nil, at(0) }
		waiting := mustRecord(t, l, with(webhook("waits"), old))
		var removed []int64
		for _, id := range []string{"k1", "k2", "k3"} {
			removed = append(removed, mustRecord(t, l, with(webhook(id), kept)))
		}
		removed = append(removed, mustRecord(t, l, with(webhook("k1"), func(w *ledger.Webhook) { kept(w); w.Account = "fintech" })),
			mustRecord(t, l, ledger.Webhook{Account: "bank", Body: []byte("who?"), Handling: ledger.Quarantine, ReceivedAt: at(0)}))
		young := mustRecord(t, l, with(webhook("young"), func(w *ledger.Webhook) { kept(w); w.ReceivedAt = at(11) }))

		for round, want := range []int64{3, 2, 0} { // 2 of each account at most
			if n, err := l.RemoveContent(t.Context(), at(10), 2); n != want || err != nil {
				t.Errorf("round %d: got %d, %v, want %d", round, n, err, want)
			}
		}
		has := func(id int64, body, event bool) {
			t.Helper()
			w, err := l.Webhook(t.Context(), id)
			if err != nil || (w.Body != nil) != body || (w.Event != nil) != event || len(w.BodyHash) != 64 {
				t.Errorf("got %+v, %v, want a body: %v, an event: %v", w, err, body, event)
			}
		}
		for _, id := range removed {
			has(id, false, false)
		}
		has(waiting, true, true)
		has(young, true, false)
		if _, duplicate, err := l.RecordWebhook(t.Context(), with(webhook("k1"), kept)); !duplicate || err != nil {
			t.Errorf("the same event again: got duplicate %v, %v", duplicate, err)
		}
	})
}

// A withheld webhook whose content was removed is released without becoming due.
func TestReleaseAfterContentIsRemoved(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		of := ledger.Candidate{Account: "bank", ID: "j1"}
		w := webhook("e1")
		w.ID = mustRecord(t, l, w)
		if err := l.Admit(t.Context(), w, of, ledger.Screening{}); !errors.Is(err, ledger.ErrWithheld) {
			t.Fatalf("got %v, want ErrWithheld", err)
		}
		if n, err := l.RemoveContent(t.Context(), w.ReceivedAt.Add(time.Hour), 10); n != 1 || err != nil {
			t.Fatalf("got %d, %v, want 1", n, err)
		}
		mustDo(t, l.Release(t.Context(), of))
		if pending, _, err := l.PendingWebhooks(t.Context()); pending != 0 || err != nil {
			t.Errorf("%d webhooks are pending (%v), want none", pending, err)
		}
	})
}

// The forwarder removes the content of what it has forwarded.
func TestForwarderRemovesOldContent(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	id := mustRecord(t, l, ledger.Webhook{Account: "bank", Body: []byte("old"), Handling: ledger.Keep, ReceivedAt: time.Now().Add(-2 * time.Hour)})
	run(t, ledger.NewForwarder(l, nil, ledger.ForwarderOptions{KeepContent: time.Hour}))
	eventually(t, "the content is gone", func() bool {
		w, err := l.Webhook(t.Context(), id)
		return err == nil && w.Body == nil
	})
}
