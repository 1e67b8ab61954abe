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

// turn waits for the limiter. A pause that the vendor asked for is not waited out but
// answered: the caller knows better than to keep a worker busy with waiting.
func (c *Client) turn(ctx context.Context, op Operation) error {
	if d := c.hold.remaining(); d > 0 {
		return &APIError{Operation: op, Status: http.StatusTooManyRequests, RetryAfter: d, Held: true}
	}
	if err := c.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("waiting for the turn of %s: %w: %w", op, ErrNotSent, err)
	}
	return nil
}
