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
	// maxRetryAfter bounds how long an answer can keep the journey waiting that it
	// was given for.
	maxRetryAfter = time.Hour
	// maxPause bounds how long an answer can stop all calls of the account.
	maxPause = time.Minute
	// shortWait is how long a call waits for its turn before it is turned away: the
	// caller holds a worker's slot meanwhile.
	shortWait = time.Second
)

// turns decides when a call may be made. A client and its patient copies share one.
type turns struct {
	limiter *rate.Limiter

	mu       sync.Mutex
	until    time.Time // the end of the pause that the vendor asked for
	pausedBy string    // the journey whose answer asked for the latest one
	next     time.Time // when the next call that is turned away is to come back
}

// pause stops all calls because the vendor asked for it in an answer about a journey.
// One journey alone cannot go on stopping the account: if the vendor means the
// account, it says so in the answer about another journey, too.
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

// take waits for a turn. If that would take longer than the patience, or the vendor
// has asked for a pause, it answers how much later the caller should come back.
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

// comeBack spreads the calls that are turned away over the time to come, so that they
// do not all return at once. It takes no turn for them: they may return to another
// worker.
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

// Patient returns a client that waits for its turn for as long as patience, where c
// waits for about a second. It is for a call that follows another one: turned away,
// the caller would begin with the first again.
func (c *Client) Patient(patience time.Duration) *Client {
	patient := *c
	patient.patience = patience
	return &patient
}

func (c *Client) turn(ctx context.Context, op Operation) error {
	later, err := c.turns.take(ctx, c.patience)
	switch {
	case err != nil:
		return fmt.Errorf("waiting for the turn of %s: %w: %w", op, ErrNotSent, err)
	case later > 0:
		return &APIError{Operation: op, Status: http.StatusTooManyRequests, RetryAfter: later, Held: true}
	}
	return nil
}
