package starter_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"idjourney/ledger"
	"idjourney/starter"
)

func TestTemporalStoppedIsAnswered200AndCaughtUp(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.temporal.setDown(true)
	for _, id := range []string{"e1", "e2", "e3"} {
		if got := h.post(t, finishedJourney(id, "j1")); got.status != 200 || !strings.Contains(got.body, "recorded") {
			t.Fatalf("got %d %s, want 200 recorded", got.status, got.body)
		}
	}
	waiting, _, err := h.store.PendingWebhooks(t.Context())
	if err != nil || waiting != 3 {
		t.Errorf("got %d waiting and %v, want 3", waiting, err)
	}
	h.temporal.setDown(false)
	seen := map[string]bool{}
	for _, e := range h.temporal.await(t, 3) {
		seen[e.EventID] = true
	}
	if len(seen) != 3 {
		t.Errorf("got %v at Temporal, want e1, e2, e3", seen)
	}
}

func TestARecordedWebhookIsForwardedAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		signaler := c.Signaler
		c.Forwarder = ledger.NewForwarder(c.Ledger.(*store).Ledger, starter.Forward(signaler, nil, nil),
			ledger.ForwarderOptions{PollInterval: time.Hour}) // only Wake can be the reason
	})
	for _, id := range []string{"e1", "e2"} {
		h.post(t, finishedJourney(id, "j1"))
	}
	h.temporal.await(t, 2)
}

func TestLedgerDownAndTemporalUpIsAnswered200(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.store.down.Store(true)
	got := h.post(t, finishedJourney("e1", "j1"))
	if got.status != 200 || got.body != `{"status":"signalled"}` {
		t.Errorf("got %d %s, want 200 signalled", got.status, got.body)
	}
	events := h.temporal.taken()
	if len(events) != 1 || events[0].EventID != "e1" || events[0].Hint.System != "Complete" || events[0].ReceivedAt.IsZero() {
		t.Errorf("got %+v at Temporal, want e1 before the answer", events)
	}
}

func TestALedgerThatHangsCountsAsDown(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) { c.Intake.RecordTimeout = 100 * time.Millisecond })
	h.store.hangs.Store(true)
	if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 || !strings.Contains(got.body, "signalled") {
		t.Errorf("got %d %s, want 200 signalled", got.status, got.body)
	}
}

func TestAWebhookThatCannotBeKeptIsAnswered503(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.store.down.Store(true)
	h.temporal.setDown(true)
	check := func(name, body string) {
		t.Helper()
		got := h.post(t, body)
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "10" {
			t.Errorf("%s: got %d, Retry-After %q; want 503 and 10", name, got.status, got.header.Get("Retry-After"))
		}
	}
	check("both down", finishedJourney("e1", "j1"))
	h.temporal.setDown(false)
	// An event that no journey acts on cannot be kept at Temporal.
	check("unknown event", `{"event":"Surprise","body":{"journeyId":"j"}}`)
	check("not JSON", "x")
	if got := h.temporal.taken(); len(got) != 0 {
		t.Errorf("got %+v at Temporal, want nothing", got)
	}
	h.store.down.Store(false)
	if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 {
		t.Errorf("once the ledger is back: got %d, want 200", got.status)
	}
	if counts := h.counts(t, "bank"); counts[ledger.Forward] != 1 || len(counts) != 1 {
		t.Errorf("got %v in the ledger, want the one that was sent again", counts)
	}
}

// IDWise repeats a webhook that met a defect. The log holds nothing of the request, not even
// the value of the panic.
func TestADefectIsAnswered503WithoutQuotingTheRequest(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) { c.Ledger = panicking{c.Ledger} })
	got := h.post(t, finishedJourney("e1", "j1"))
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "10" {
		t.Errorf("got %d %s, want 503 with Retry-After", got.status, got.body)
	}
	log := h.log.String()
	if !strings.Contains(log, "panicked") || strings.Contains(log, "jane@") || strings.Contains(log, "Authorization") {
		t.Errorf("got log\n%s\nwant the place of the panic alone", log)
	}
	if got := h.get(t, "/healthz"); got.status != 200 {
		t.Errorf("afterwards: got %d, want 200", got.status)
	}
}
