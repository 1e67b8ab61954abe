package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// webhook is one to forward.
func webhook(eventID string) ledger.Webhook {
	return ledger.Webhook{
		Account: "bank", EventType: "Finished Journey", EventID: eventID, JourneyID: "j1", ReferenceNo: "ref-1",
		Body: []byte(`{"event":"Finished Journey"}`), Handling: ledger.Forward,
		ReceivedAt:  time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.UTC),
		TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Event:       []byte(`{"type":"Finished Journey"}`),
	}
}

func with(w ledger.Webhook, change func(*ledger.Webhook)) ledger.Webhook {
	change(&w)
	return w
}

func mustRecord(t testing.TB, l *ledger.Ledger, w ledger.Webhook) int64 {
	t.Helper()
	id, _, err := l.RecordWebhook(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRecordedWebhookReadsBack(t *testing.T) {
	t.Parallel()
	kept := func(w *ledger.Webhook) { w.Handling, w.Event = ledger.Keep, nil }
	for _, tc := range []struct {
		name      string
		in        ledger.Webhook
		normalize func(*ledger.Webhook)
	}{
		{"to forward", webhook("e1"), nil},
		{"kept", with(webhook("e1"), kept), nil},
		{"nothing but a body", ledger.Webhook{Account: "bank", Body: []byte("\x00\xff"), Handling: ledger.Quarantine,
			Reason: "not_json", ReceivedAt: time.Unix(1, 1).UTC()}, nil},
		{"no body", with(webhook("e1"), func(w *ledger.Webhook) { w.Body = []byte{} }),
			func(w *ledger.Webhook) { w.Body = nil }},
		{"not text", with(webhook("e\x00\xff"), func(w *ledger.Webhook) { w.ReferenceNo = "a\x00b" }),
			func(w *ledger.Webhook) { w.EventID, w.ReferenceNo = "e\uFFFD\uFFFD", "a\uFFFDb" }},
		{"long names", with(webhook(strings.Repeat("é", 5000)), func(w *ledger.Webhook) { w.EventType = "x" + strings.Repeat("é", 5000) }),
			func(w *ledger.Webhook) {
				w.EventID, w.EventType = strings.Repeat("é", 128), "x"+strings.Repeat("é", 127)
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ledgertest.Each(t, func(t *testing.T, url string) {
				l := ledgertest.Open(t, url)
				id := mustRecord(t, l, tc.in)
				got, err := l.Webhook(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				want := tc.in
				sum := sha256.Sum256(tc.in.Body)
				want.ID, want.BodyHash = id, hex.EncodeToString(sum[:])
				if tc.normalize != nil {
					tc.normalize(&want)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestRecordWebhookRefusesAnInvalidWebhook(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	for name, change := range map[string]func(*ledger.Webhook){
		"no account":              func(w *ledger.Webhook) { w.Account = "" },
		"no disposition":          func(w *ledger.Webhook) { w.Handling = "" },
		"forward without event":   func(w *ledger.Webhook) { w.Event = nil },
		"an event, but only kept": func(w *ledger.Webhook) { w.Handling = ledger.Keep },
	} {
		if _, _, err := l.RecordWebhook(t.Context(), with(webhook("e1"), change)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := l.Webhook(t.Context(), 1); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestWebhookUniqueness(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		first, second ledger.Webhook
		want          bool
	}{
		{"the same again", webhook("e1"), webhook("e1"), true},
		{"the same, received later", webhook("e1"), with(webhook("e1"), func(w *ledger.Webhook) { w.ReceivedAt = time.Now() }), true},
		{"another event id", webhook("e1"), webhook("e2"), false},
		{"another account", webhook("e1"), with(webhook("e1"), func(w *ledger.Webhook) { w.Account = "fintech" }), false},
		{"another type", webhook("e1"), with(webhook("e1"), func(w *ledger.Webhook) { w.EventType = "Updated Journey" }), false},
		{"another body", webhook("e1"), with(webhook("e1"), func(w *ledger.Webhook) { w.Body = []byte("{}") }), false},
		{"no event id", webhook(""), webhook(""), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ledgertest.Each(t, func(t *testing.T, url string) {
				l := ledgertest.Open(t, url)
				first, duplicate, err := l.RecordWebhook(t.Context(), tc.first)
				if err != nil || duplicate {
					t.Fatalf("the first: got duplicate=%v, error %v", duplicate, err)
				}
				second, duplicate, err := l.RecordWebhook(t.Context(), tc.second)
				if err != nil {
					t.Fatal(err)
				}
				if duplicate != tc.want || (first == second) != tc.want {
					t.Errorf("got duplicate=%v, ids %d and %d; want duplicate=%v", duplicate, first, second, tc.want)
				}
			})
		})
	}
}

func TestOneEventRecordedByManyAtOnceIsOneRow(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		// Two ledgers on one store stand for two processes.
		ledgers := []*ledger.Ledger{ledgertest.Open(t, url), ledgertest.Open(t, url)}
		var together sync.WaitGroup
		var fresh atomic.Int32
		ids := make([]int64, 40)
		for i := range ids {
			together.Go(func() {
				id, duplicate, err := ledgers[i%2].RecordWebhook(t.Context(), webhook("e1"))
				if err != nil {
					t.Error(err)
				}
				if !duplicate {
					fresh.Add(1)
				}
				ids[i] = id
			})
		}
		together.Wait()
		if got := fresh.Load(); got != 1 {
			t.Errorf("%d callers got a fresh webhook, want 1", got)
		}
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("got different ids: %v", ids)
			}
		}
		counts, err := ledgers[0].WebhookCounts(t.Context(), "bank")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[ledger.Handling]int{ledger.Forward: 1}, counts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPendingAndCounts(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		count, oldest, err := l.PendingWebhooks(t.Context())
		if err != nil || count != 0 || !oldest.IsZero() {
			t.Errorf("empty: got %d, %v, %v", count, oldest, err)
		}
		first := webhook("e1")
		mustRecord(t, l, with(webhook("e2"), func(w *ledger.Webhook) { w.ReceivedAt = first.ReceivedAt.Add(time.Hour) }))
		mustRecord(t, l, first)
		for _, d := range []ledger.Handling{ledger.Keep, ledger.Keep, ledger.Quarantine} {
			mustRecord(t, l, ledger.Webhook{Account: "bank", Handling: d, ReceivedAt: time.Unix(1, 0)})
		}
		mustRecord(t, l, ledger.Webhook{Account: "other", Handling: ledger.Keep})
		count, oldest, err = l.PendingWebhooks(t.Context())
		if err != nil || count != 2 || !oldest.Equal(first.ReceivedAt) {
			t.Errorf("got %d, %v, %v; want 2, %v", count, oldest, err, first.ReceivedAt)
		}
		counts, err := l.WebhookCounts(t.Context(), "bank")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[ledger.Handling]int{ledger.Forward: 2, ledger.Keep: 2, ledger.Quarantine: 1}, counts); diff != "" {
			t.Error(diff)
		}
	})
}
