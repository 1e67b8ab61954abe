package starter_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/idwise/idwisetest"
	"idjourney/ledger"
	"idjourney/starter"
)

// openScreened starts a starter that may start three unconfirmed journeys of an account, and
// a stand-in of the vendor that knows the journeys it returns.
func openScreened(t *testing.T, known int) (h *house, ids []string) {
	t.Helper()
	vendor := idwisetest.New(idwisetest.Config{Accounts: []idwisetest.Account{{Key: "key", Secret: "secret"}}})
	server := httptest.NewServer(vendor)
	t.Cleanup(func() { server.Close(); vendor.Close() })
	for range known {
		id, err := vendor.Begin(idwisetest.StartRequest{Account: "key", Script: "approve"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	client, err := idwise.New(idwise.Config{
		BaseURL: server.URL, Credentials: idwise.Credentials{Key: "key", Secret: "secret"}, RequestsPerSecond: 1000,
	})
	if err != nil {
		t.Fatal(err)
	}
	h = open(t, func(c *starter.Config) {
		store := c.Ledger.(*store).Ledger
		screener := &starter.Screener{
			Ledger: store, Accounts: c.Accounts, Logger: c.Logger, Interval: 10 * time.Millisecond,
			Vendors: map[string]*idwise.Client{"bank": client, "tokens": client, "fenced": client, "open": client},
			Rules:   config.Screening{Unconfirmed: 3, RequestsPerSecond: 1000},
		}
		forwarder := ledger.NewForwarder(store, screener.Screen(starter.Forward(c.Signaler, c.Instruments, nil)),
			ledger.ForwarderOptions{PollInterval: 10 * time.Millisecond})
		screener.Wake = forwarder.Wake
		c.Forwarder, c.Screen = forwarder, screener
	})
	return h, ids
}

// awaitWithheld waits until the ledger withholds as many candidates by account and state.
func (h *house) awaitWithheld(t *testing.T, want map[string]int) {
	t.Helper()
	for ctx := awaitContext(t); ; {
		figures, err := h.store.Figures(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, w := range figures.Withheld {
			got[w.Account+" "+w.By] = w.Count
		}
		if cmp.Equal(want, got) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("got %v withheld, want %v", got, want)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func journeysOf(h *house) (ids []string) {
	for _, e := range h.temporal.taken() {
		ids = append(ids, e.JourneyID+e.Hint.SpotCheck)
	}
	slices.Sort(ids)
	return ids
}

// A sender with the webhook secret invents journeys. Each webhook is recorded, three workflows
// are started, and a real journey starts as soon as the vendor confirms it.
func TestInventedJourneysAreNotStarted(t *testing.T) {
	t.Parallel()
	h, known := openScreened(t, 2)
	want := slices.Clone(known)
	for i := range 20 {
		id := fmt.Sprintf("invented-%02d", i)
		if got := h.post(t, finishedJourney("e"+id, id)); got.status != 200 || got.body != `{"status":"recorded"}` {
			t.Fatalf("got %d %s, want 200 recorded", got.status, got.body)
		}
		if i < 3 { // one by one, so that the first three are those that are started
			want = append(want, id)
			h.temporal.await(t, i+1)
		}
	}
	h.post(t, `{"event":"Finished Spot Check","body":{"eventId":"s","spotCheckJourneyId":"invented-spot-check"}}`)
	h.awaitWithheld(t, map[string]int{"bank unknown": 18})
	for _, id := range known {
		h.post(t, finishedJourney("e"+id, id))
	}
	h.temporal.await(t, 5)
	slices.Sort(want)
	if diff := cmp.Diff(want, journeysOf(h)); diff != "" {
		t.Errorf("journeys at Temporal (-want +got):\n%s", diff)
	}
	if err := h.stop(); err != nil { // a webhook is marked after it was taken
		t.Fatal(err)
	}
	if waiting, _, err := h.store.PendingWebhooks(t.Context()); err != nil || waiting != 0 {
		t.Errorf("got %d webhooks that wait for Temporal and %v, want none", waiting, err)
	}
}

// Invented journeys of one account do not delay another account.
func TestAnotherAccountIsNotScreened(t *testing.T) {
	t.Parallel()
	h, _ := openScreened(t, 0)
	for i := range 10 {
		id := fmt.Sprint("invented-", i)
		h.post(t, finishedJourney("e"+id, id))
	}
	h.awaitWithheld(t, map[string]int{"bank unknown": 7})
	h.other(t, finishedJourney("e", "first-of-tokens"))
	h.temporal.await(t, 4)
	if got := journeysOf(h); !slices.Contains(got, "first-of-tokens") {
		t.Errorf("got %v at Temporal, want the other account's journey", got)
	}
}

// A journey that the vendor did not know may be real: after an operator's refresh finds it,
// the withheld webhooks are forwarded.
func TestWithheldWebhooksFollowTheJourneyThatIsFound(t *testing.T) {
	t.Parallel()
	h, _ := openScreened(t, 0)
	for i := range 4 {
		h.post(t, finishedJourney(fmt.Sprint("e", i), fmt.Sprint("late-", i)))
		if i < 3 {
			h.temporal.await(t, i+1)
		}
	}
	h.awaitWithheld(t, map[string]int{"bank unknown": 1})
	if err := h.store.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "late-3", Flow: "onboarding"}); err != nil {
		t.Fatal(err)
	}
	if got := h.temporal.await(t, 4); got[3].JourneyID != "late-3" {
		t.Errorf("got %+v, want the webhook that was withheld", got[3])
	}
}
