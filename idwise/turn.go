package idwise

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hold remembers until when the vendor asked this client to wait.
type hold struct {
	mu    sync.Mutex
	until time.Time
}

func (h *hold) extend(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(d); until.After(h.until) {
		h.until = until
	}
}

func (h *hold) remaining() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until)
}

// summaryGap is the vendor's rule for the summary: at least so long between two
// calls of one key, or its access may be blocked.
const summaryGap = 2 * time.Second

// gap keeps calls apart, measured from the end of one to the beginning of the next:
// so they are apart at the vendor, too, however long either was on its way. It knows
// of the calls of one process; two with the same key need a rule between them.
type gap struct {
	between time.Duration
	busy    chan struct{} // full while a call is made; guards free
	free    time.Time
}

func newGap(between time.Duration) *gap {
	return &gap{between: between, busy: make(chan struct{}, 1)}
}

// enter waits until a call may be made, which leave ends. It does not wait for what
// ctx leaves no time for.
func (g *gap) enter(ctx context.Context) error {
	select {
	case g.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(g.free) {
		g.leave(false)
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(time.Until(g.free))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		g.leave(false)
		return ctx.Err()
	}
}

// leave ends the call, and says whether one was made.
func (g *gap) leave(called bool) {
	if called {
		g.free = time.Now().Add(g.between)
	}
	<-g.busy
}

// turn waits for the limiter, and before a summary for its gap. A pause that the
// vendor asked for is not waited out but answered: the caller knows better than to
// keep a worker busy with waiting.
func (c *Client) turn(ctx context.Context, op Operation) error {
	if op != JourneySummary {
		return c.limited(ctx, op)
	}
	if err := c.summaries.enter(ctx); err != nil {
		return fmt.Errorf("waiting for the turn of %s: %w: %w", op, ErrNotSent, err)
	}
	err := c.limited(ctx, op)
	if err != nil {
		c.summaries.leave(false)
	}
	return err
}

func (c *Client) limited(ctx context.Context, op Operation) error {
	if d := c.hold.remaining(); d > 0 {
		return &APIError{Operation: op, Status: http.StatusTooManyRequests, RetryAfter: d, Held: true}
	}
	if err := c.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("waiting for the turn of %s: %w: %w", op, ErrNotSent, err)
	}
	return nil
}
