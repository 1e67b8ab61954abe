package starter_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/starter"
)

// Webhooks of a journey that is over are recorded and wake no workflow. Those of an erased
// one are kept without personal data.
func TestWebhooksOfAJourneyThatIsOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		phase      journey.Phase
		body       string
		wantReply  string
		wantReason string
		wantBody   bool
	}{
		"ended":               {journey.Ended, finishedJourney("e1", "j1"), "kept", "ended", true},
		"erased":              {journey.Erased, finishedJourney("e1", "j1"), "kept", "erased", false},
		"ended, not acted on": {journey.Ended, `{"event":"Finished Step","body":{"journeyId":"j1"}}`, "kept", "not_acted_on", true},
		"erased, unknown": {
			journey.Erased, `{"event":"Surprise","body":{"eventId":"e1","journeyId":"j1","referenceNo":"jane@example.test"}}`, "kept", "erased", false,
		},
		"erased, the older spot check": {
			journey.Erased, `{"event":"Finished Ongoing Check","body":{"journeyId":"j1","ongoingCheckId":"s","referenceNo":"jane@example.test"}}`, "kept", "erased", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			h.store.graves.Store("j1", c.phase)
			want := `{"reason":"` + c.wantReason + `","status":"` + c.wantReply + `"}`
			if got := h.post(t, c.body); got.status != 200 || got.body != want {
				t.Fatalf("got %d %s, want 200 %s", got.status, got.body, want)
			}
			row, err := h.store.Webhook(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if row.Handling != ledger.Keep || row.Reason != c.wantReason || len(row.Event) > 0 || row.JourneyID != "j1" {
				t.Errorf("recorded %+v", row)
			}
			if got := bytes.Equal(row.Body, []byte(c.body)); got != c.wantBody || !got && (row.ReferenceNo != "" || len(row.Body) > 0) {
				t.Errorf("kept the body %q and the reference %q", row.Body, row.ReferenceNo)
			}
			// Only another journey's webhook reaches Temporal.
			h.post(t, finishedJourney("e2", "j2"))
			if events := h.temporal.await(t, 1); events[0].JourneyID != "j2" {
				t.Errorf("got %+v at Temporal, want the other journey's event alone", events)
			}
		})
	}
}

// If the first check fails, the webhook is recorded, and the second check withholds it.
func TestAWebhookIsRecordedIfTheTombstoneCheckFails(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.store.blind.Store(true)
	h.store.graves.Store("j1", journey.Erased)
	if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 || got.body != `{"status":"recorded"}` {
		t.Fatalf("got %d %s, want it recorded", got.status, got.body)
	}
	if strings.Contains(h.log.String(), "jane@example.test") {
		t.Error("the log names the person")
	}
}

func TestTheSecondCheckWithholdsFinalJourneys(t *testing.T) {
	t.Parallel()
	s := &store{erased: make(chan string, 1)}
	s.graves.Store("ended", journey.Ended)
	s.graves.Store("erased", journey.Erased)
	var forwarded []string
	forward := starter.UnlessOver(s, func(_ context.Context, w ledger.Webhook) error {
		forwarded = append(forwarded, w.JourneyID)
		return nil
	})
	for _, id := range []string{"ended", "erased", "open", ""} { // a spot check names no journey
		if err := forward(t.Context(), ledger.Webhook{Account: "bank", JourneyID: id}); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	if diff := cmp.Diff([]string{"open", ""}, forwarded); diff != "" {
		t.Errorf("forwarded (-want +got):\n%s", diff)
	}
	if got := <-s.erased; got != "erased" {
		t.Errorf("erased %q again, want what came after the erasure", got)
	}
	s.blind.Store(true)
	err := forward(t.Context(), ledger.Webhook{Account: "bank", JourneyID: "open"})
	if err == nil || errors.Unwrap(err) == nil {
		t.Errorf("got %v, want it put off", err)
	}
}
