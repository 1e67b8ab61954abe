package idwisetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"idjourney/idwise"
)

func TestDuplicatedAndReordered(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.vendor.SetFaults(Faults{Duplicate: 3, Reorder: 250 * time.Millisecond})
	id := r.vendor.Start("no-custom-step", "r-1")
	snap := r.delivered(id, 6)
	hooks := r.endpoint.received()
	count := map[string]int{}
	for _, h := range hooks {
		count[h.EventID]++
	}
	for _, w := range snap.Webhooks {
		if count[w.EventID] != 3 {
			t.Errorf("%s came %d times, want 3", w.Event, count[w.EventID])
		}
	}
	if hooks[0].Event != idwise.EventFinishedJourney || hooks[1].Event != idwise.EventFinishedUserSteps {
		t.Errorf("got %v, want the newer before the older", events(hooks))
	}
}

func TestDropFirstAndDrop(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("no-custom-step", "r-1")
	r.vendor.SetJourneyFaults(id, Faults{DropFirst: 2, Events: []string{idwise.EventFinishedUserSteps}})
	for _, w := range r.delivered(id, 2).Webhooks {
		want := map[string]int{idwise.EventFinishedUserSteps: 3, idwise.EventFinishedJourney: 1}[w.Event]
		if len(w.Attempts) != want {
			t.Errorf("%s: got %d attempts, want %d", w.Event, len(w.Attempts), want)
		}
	}
	r.vendor.SetFaults(Faults{Drop: true})
	lost := r.vendor.Start("no-custom-step", "r-2")
	r.await(lost, func(s Snapshot) bool { return s.Undelivered == 2 })
	for _, h := range r.endpoint.received() {
		if h.JourneyID == lost {
			t.Errorf("got %v, which was to be lost", h)
		}
	}
}

func TestExtraFieldAndUnknownEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.vendor.SetFaults(Faults{ExtraField: true, UnknownEvent: true, Delay: time.Millisecond})
	id := r.vendor.Start("no-custom-step", "r-1")
	r.delivered(id, 4)
	unknown := slices.ContainsFunc(r.endpoint.received(), func(h idwise.Webhook) bool { return !h.Known && h.JourneyID == id })
	if !unknown || !strings.Contains(strings.Join(r.endpoint.bodies, ""), "somethingNew") {
		t.Errorf("got %v, want an unknown event and an extra field", events(r.endpoint.received()))
	}
}

func TestAPIFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("never-finish", "")
	status := func() int {
		_, err := r.client.Result(t.Context(), id)
		if api, ok := errors.AsType[*idwise.APIError](err); ok {
			return api.Status
		}
		return 200
	}
	r.vendor.SetFaults(Faults{APIStatus: 500, APIRate: 0.5})
	var got []int
	for range 4 {
		got = append(got, status())
	}
	if want := []int{200, 500, 200, 500}; !slices.Equal(got, want) {
		t.Errorf("every second call fails: got %v, want %v", got, want)
	}
	r.vendor.SetFaults(Faults{APIStatus: 403, APICode: "unauthorized", Operations: []idwise.Operation{idwise.CompleteCustomStep}})
	if got := status(); got != 200 {
		t.Errorf("a fault of another operation: got %d, want 200", got)
	}
	if err := r.client.CompleteCustomStep(t.Context(), id); !idwise.IsDenied(err) {
		t.Errorf("got %v, want denied", err)
	}
	r.vendor.SetJourneyFaults(id, Faults{API429: 1, RetryAfter: 1500 * time.Millisecond})
	_, err := r.client.Result(t.Context(), id)
	if d := idwise.RetryAfter(err); d != 2*time.Second {
		t.Errorf("got %v, wait %v, want 2s", err, d)
	}
}

func TestStaleAPIShowsThePast(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("no-custom-step", "r-1")
	r.vendor.SetJourneyFaults(id, Faults{APIStale: time.Hour})
	r.delivered(id, 2)
	if got := r.result(id); got.Ended() || got.SystemDecision != "Incomplete" || got.Selfie != nil {
		t.Errorf("got system %s, want what was so an hour ago", got.SystemDecision)
	}
	r.vendor.SetJourneyFaults(id, Faults{APIStale: time.Nanosecond})
	if got := r.result(id); !got.Ended() || got.SystemDecision != "Complete" {
		t.Errorf("got system %s, want the present", got.SystemDecision)
	}
}

func TestASlowRequestIsProcessedAfterTheCallerHasDisconnected(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.vendor.Start("approve", "")
	r.await(id, inPhase(PhaseUserDone))
	r.vendor.SetFaults(Faults{APISlow: 300 * time.Millisecond})
	ctx, goAway := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Errorf("reading the call: %v", err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		goAway() // the call has arrived
		r.vendor.ServeHTTP(w, req)
	}))
	defer server.Close()
	hasty, err := idwise.New(idwise.Config{BaseURL: server.URL, Credentials: idwise.Credentials{Key: "key", Secret: "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := hasty.CompleteCustomStep(ctx, id); err == nil || idwise.Definite(err) {
		t.Errorf("got %v, want an error that leaves open what happened", err)
	}
	r.await(id, func(s Snapshot) bool { return s.Completed })
}
