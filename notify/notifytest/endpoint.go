// Package notifytest is a customer's endpoint for tests and demonstrations: it
// verifies signatures, remembers what it was sent, and fails on demand.
package notifytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"idjourney/notify"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const maxBody = 1 << 20

// Secret is a signing secret for tests, of the form that endpoints expect.
const Secret = "whsec_aWRqb3VybmV5LXRlc3Qtc2VjcmV0LTAx"

// Message is one notification that the endpoint accepted.
type Message struct {
	// ID is the header webhook-id: the same over all attempts.
	ID string
	notify.Notification
	Body       []byte
	ReceivedAt time.Time
}

// Endpoint is an http.Handler that behaves as a careful customer does. Safe for
// concurrent use.
type Endpoint struct {
	verifiers []*standardwebhooks.Webhook

	mu       sync.Mutex
	status   int
	accepted []Message
	attempts int
	forged   int
	changed  chan struct{} // closed and replaced whenever something came in
}

// New returns an endpoint that accepts messages signed with any of the secrets,
// and none without one. A secret that cannot be parsed is an error.
func New(secrets ...string) (*Endpoint, error) {
	e := &Endpoint{changed: make(chan struct{})}
	for i, secret := range secrets {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, fmt.Errorf("reading the endpoint's secret %d: not whsec_ and base64", i+1)
		}
		e.verifiers = append(e.verifiers, wh)
	}
	return e, nil
}

// SetStatus makes the endpoint answer code to every genuine message and forget
// it; 0 or 200 make it accept again.
func (e *Endpoint) SetStatus(code int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = code
}

// ServeHTTP answers 401 to what is not genuine, 400 to what is not a
// notification, the set status while there is one, and 200 otherwise.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(e.receive(r.Header, body))
}

func (e *Endpoint) receive(h http.Header, body []byte) int {
	genuine := slices.ContainsFunc(e.verifiers, func(wh *standardwebhooks.Webhook) bool {
		return wh.Verify(body, h) == nil
	})
	m := Message{ID: h.Get(standardwebhooks.HeaderWebhookID), Body: body, ReceivedAt: time.Now()}
	parsed := json.Unmarshal(body, &m.Notification)

	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() { close(e.changed); e.changed = make(chan struct{}) }()
	e.attempts++
	switch {
	case !genuine:
		e.forged++
		return http.StatusUnauthorized
	case parsed != nil:
		return http.StatusBadRequest
	case e.status != 0 && e.status != http.StatusOK:
		return e.status
	}
	e.accepted = append(e.accepted, m)
	return http.StatusOK
}

// Deliveries returns every accepted request in order of arrival, repeats included.
func (e *Endpoint) Deliveries() []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.accepted)
}

// Messages returns the accepted messages, each once, in order of first arrival.
func (e *Endpoint) Messages() []Message {
	seen := map[string]bool{}
	return slices.DeleteFunc(e.Deliveries(), func(m Message) bool {
		repeated := seen[m.ID]
		seen[m.ID] = true
		return repeated
	})
}

// Journey returns what Messages has about one journey.
func (e *Endpoint) Journey(journeyID string) []Message {
	return slices.DeleteFunc(e.Messages(), func(m Message) bool { return m.Data.JourneyID != journeyID })
}

// Attempts counts all requests, whatever was answered.
func (e *Endpoint) Attempts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.attempts
}

// Forged counts the requests whose signature did not verify.
func (e *Endpoint) Forged() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.forged
}

// Await returns the messages as soon as done says so. It asks done now and after
// each request, without holding a lock, and returns ctx's error if that is first.
func (e *Endpoint) Await(ctx context.Context, done func([]Message) bool) ([]Message, error) {
	for {
		e.mu.Lock()
		changed := e.changed
		e.mu.Unlock()
		messages := e.Messages()
		if done(messages) {
			return messages, nil
		}
		select {
		case <-ctx.Done():
			return messages, fmt.Errorf("awaiting notifications, %d so far: %w", len(messages), ctx.Err())
		case <-changed:
		}
	}
}
