package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// An account's endpoint takes its messages and never answers, while 150 journeys wait for
// it, and the worker has fewer slots than there are messages. Another account's
// journey is decided and its decision delivered as if nothing were wrong.
func TestASlowEndpointDelaysNoOtherAccount(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var asked atomic.Int32
	crowded, released := make(chan struct{}), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 10 { // the endpoint's share
			close(crowded)
		}
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(released) })
	s := newWorld(ctx, t, world.Options{
		Dir: t.TempDir(), Server: server, TaskQueue: "slow-endpoint", DownCustomerURL: hanging.URL,
		Environ: []string{"IDJOURNEY_WORKER_MAX_CONCURRENT_ACTIVITIES=10", "IDJOURNEY_WORKER_MAX_CONCURRENT_DELIVERIES=12"},
	})
	const backlog = 150
	for i := range backlog {
		request := idwisetest.StartRequest{Script: "approve", Account: s.Keys.DownAPIKey, Reference: fmt.Sprintf("slow-%d", i)}
		if _, err := s.Vendor.Begin(request); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-crowded:
	case <-ctx.Done():
		t.Fatalf("the endpoint was asked %d times: %v", asked.Load(), ctx.Err())
	}

	began := time.Now()
	id, err := s.Vendor.Begin(idwisetest.StartRequest{Script: "no-custom-step", FlowID: world.PlainFlow})
	if err != nil {
		t.Fatal(err)
	}
	awaitMessage(ctx, t, s, id, journey.MessageDecided)
	// An attempt at the endpoint hangs for its time-out of 15 s: what waits behind
	// ten of them waits for many times that.
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("the decision of another account took %s", took)
	} else {
		t.Logf("the decision of another account took %s, with %d journeys behind an endpoint that hangs", took, backlog)
	}
}
