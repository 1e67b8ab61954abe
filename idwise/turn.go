package idwise

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxRetryAfter limits how long an answer can delay its own journey.
	maxRetryAfter = time.Hour
	// maxPause limits how long an answer can stop all requests of the account.
	maxPause = time.Minute
	// shortWait is how long a request waits for its turn before it is held back: it occupies
	// a worker's slot meanwhile.
	shortWait = time.Second
)

// turns decides when a request may be sent. A client and its patient copies share one.
type turns struct {
	limiter *rate.Limiter

	mu       sync.Mutex
	until    time.Time // the end of the pause that the vendor asked for
	pausedBy string    // the journey whose answer asked for the latest pause
	next     time.Time // when the next request that is held back should return
}

// pause stops all requests because an answer about a journey asked for it. One journey
// alone cannot keep the account stopped: if the vendor means the account, answers about
// other journeys ask for it, too.
func (t *turns) pause(journeyID string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if journeyID != "" && journeyID == t.pausedBy {
		return
	}
	t.pausedBy = journeyID
	if until := time.Now().Add(min(d, maxPause)); until.After(t.until) {
		t.until = until
	}
}

// take waits for a turn. If that would exceed the patience, or if the vendor asked for a
// pause, it returns how much later the caller should try again.
func (t *turns) take(ctx context.Context, patience time.Duration) (later time.Duration, err error) {
	t.mu.Lock()
	paused := time.Until(t.until)
	t.mu.Unlock()
	if paused > 0 {
		return paused, nil
	}
	turn := t.limiter.Reserve()
	wait := turn.Delay()
	if wait > patience {
		turn.Cancel()
		return t.comeBack(wait), nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, nil
	case <-ctx.Done():
		turn.Cancel()
		return 0, ctx.Err()
	}
}

// comeBack spreads the returns of the requests that are held back, so that they do not all
// come at once. It reserves no turn: they may return on another worker.
func (t *turns) comeBack(wait time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	at := now.Add(wait)
	if t.next.After(at) {
		at = t.next
	}
	t.next = at.Add(time.Duration(float64(time.Second) / float64(t.limiter.Limit())))
	return min(at.Sub(now), maxRetryAfter)
}

// Patient returns a client that waits for its turn for as long as patience, where c waits
// for about a second. Use it for a request that follows another one: if it were held back,
// the caller would have to repeat the first.
func (c *Client) Patient(patience time.Duration) *Client {
	patient := *c
	patient.patience = patience
	return &patient
}

func (c *Client) turn(ctx context.Context) error {
	later, err := c.turns.take(ctx, c.patience)
	switch {
	case err != nil:
		return fmt.Errorf("waiting for its turn: %w: %w", ErrNotSent, err)
	case later > 0:
		return &APIError{Status: http.StatusTooManyRequests, RetryAfter: later, Held: true}
	}
	return nil
}
