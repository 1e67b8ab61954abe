package idwisetest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"idjourney/idwise"
)

// endpoint is a customer's webhook endpoint that remembers what it got.
type endpoint struct {
	mu     sync.Mutex
	got    []idwise.Webhook
	bodies []string
	header http.Header
	status func(n int) int // of the n-th request, from 0
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	hook, err := idwise.DecodeWebhook(body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.got)
	e.got, e.bodies, e.header = append(e.got, hook), append(e.bodies, string(body)), r.Header.Clone()
	if e.status != nil {
		w.WriteHeader(e.status(n))
	}
}

func (e *endpoint) received() []idwise.Webhook {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]idwise.Webhook(nil), e.got...)
}

// rig is a stand-in with one customer: an endpoint and a client of the API.
type rig struct {
	t        *testing.T
	vendor   *Vendor
	url      string
	endpoint *endpoint
	client   *idwise.Client
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	e := &endpoint{}
	customer := httptest.NewServer(e)
	t.Cleanup(customer.Close)
	cfg := Config{
		Accounts: []Account{{Key: "key", Secret: "secret", WebhookURL: customer.URL, BasicUser: "user", BasicPassword: "p:w"},
			{Key: "other", Secret: "secret2", NoCustomStep: true}},
		Scale: 0.0001,
	}
	if change != nil {
		change(&cfg)
	}
	v := New(cfg)
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	t.Cleanup(v.Close)
	c, err := idwise.New(idwise.Config{BaseURL: server.URL, Credentials: idwise.Credentials{Key: "key", Secret: "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, vendor: v, url: server.URL, endpoint: e, client: c}
}

// await waits for a state of a journey, at most ten seconds.
func (r *rig) await(id string, wanted func(Snapshot) bool) Snapshot {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	snap, err := r.vendor.Await(ctx, id, wanted)
	if err != nil {
		r.t.Fatalf("%v; %d webhooks, final %s", err, len(snap.Webhooks), snap.Final)
	}
	return snap
}

// delivered waits until n webhooks of a journey are delivered.
func (r *rig) delivered(id string, n int) Snapshot {
	r.t.Helper()
	return r.await(id, func(s Snapshot) bool {
		count := 0
		for _, w := range s.Webhooks {
			if w.State == Delivered {
				count++
			}
		}
		return count >= n
	})
}

func (r *rig) result(id string) *idwise.Result {
	r.t.Helper()
	result, err := r.client.Result(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// customSteps does what a customer does after Finished User Steps.
func (r *rig) customSteps(id string, face bool) {
	r.t.Helper()
	r.await(id, inPhase(PhaseUserDone))
	if face {
		if err := r.client.ProcessCustomStep(r.t.Context(), id, "30", []byte("a face"), "image/png"); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := r.client.CompleteCustomStep(r.t.Context(), id); err != nil {
		r.t.Fatal(err)
	}
}

func inPhase(p Phase) func(Snapshot) bool { return func(s Snapshot) bool { return s.Phase == p } }

func events(hooks []idwise.Webhook) []string {
	names := make([]string, len(hooks))
	for i, h := range hooks {
		names[i] = h.Event
	}
	return names
}
