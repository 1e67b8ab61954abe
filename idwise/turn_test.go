package idwise

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// A journey whose every answer asks for an hour delays the others for a minute at most,
// and only once.
func TestOneJourneyCannotStopTheAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := &turns{limiter: rate.NewLimiter(rate.Inf, 1)}
		turns.pause("poisoned", time.Hour)
		if later, err := turns.take(t.Context(), shortWait); err != nil || later != maxPause {
			t.Errorf("after the answer: got %v, %v, want %v", later, err, maxPause)
		}
		time.Sleep(maxPause)
		for range 3 {
			turns.pause("poisoned", time.Hour)
			if later, err := turns.take(t.Context(), shortWait); err != nil || later != 0 {
				t.Errorf("after the same answer again: got %v, %v, want a turn", later, err)
			}
		}
		turns.pause("another", 30*time.Second)
		if later, _ := turns.take(t.Context(), shortWait); later != 30*time.Second {
			t.Errorf("after another journey's answer: got %v, want 30s", later)
		}
	})
}

// Requests that are held back return one after another; a patient one waits.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := &turns{limiter: rate.NewLimiter(0.5, 1)}
		began := time.Now()
		for i, want := range []time.Duration{0, 2 * time.Second, 4 * time.Second, 6 * time.Second} {
			if later, err := turns.take(t.Context(), shortWait); err != nil || later != want {
				t.Errorf("call %d: got %v, %v, want %v", i, later, err, want)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("requests that were held back took %v", took)
		}
		if later, err := turns.take(t.Context(), 20*time.Second); err != nil || later != 0 || time.Since(began) != 2*time.Second {
			t.Errorf("a patient call: got %v, %v after %v", later, err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(ctx, 20*time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without the time to wait: got %v", err)
		}
	})
}

func TestAHugeRetryAfterDelaysOnlyItsJourney(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if strings.HasSuffix(r.URL.Path, "/poisoned") {
			fixed(429, "", "Retry-After", "86400")(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"journey_id":"j-2"}`)
	}, nil)
	_, err := c.Result(t.Context(), "poisoned")
	if d := RetryAfter(err); d != maxRetryAfter {
		t.Errorf("the journey waits for %v, want %v", d, maxRetryAfter)
	}
	_, err = c.Result(t.Context(), "j-2")
	if d := RetryAfter(err); d <= 0 || d > maxPause || !errors.Is(err, ErrNotSent) || calls.Load() != 1 {
		t.Errorf("another journey: got %v, after %v, want at most a minute", err, d)
	}
}
