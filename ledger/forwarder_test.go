package ledger_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// run runs f until the test ends, or until stop is called; stop waits for it.
func run(t *testing.T, f *ledger.Forwarder) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

func awaitNonePending(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	eventually(t, "no webhook is pending", func() bool {
		count, _, err := l.PendingWebhooks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return count == 0
	})
}

func TestForwarderForwardsRecordedWebhooks(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		id := mustRecord(t, l, webhook("e1"))
		mustRecord(t, l, ledger.Webhook{Account: "bank", EventType: "Finished Step", Handling: ledger.Keep})
		got := make(chan ledger.Webhook, 10)
		stop := run(t, ledger.NewForwarder(l, func(_ context.Context, w ledger.Webhook) error {
			got <- w
			return nil
		}, ledger.ForwarderOptions{}))
		awaitNonePending(t, l)
		stop()
		if len(got) != 1 {
			t.Fatalf("%d webhooks were forwarded, want 1", len(got))
		}
		w := <-got
		if w.ID != id || string(w.Event) != string(webhook("").Event) || w.TraceParent != webhook("").TraceParent {
			t.Errorf("got %+v", w)
		}
	})
}

func TestForwarderRetriesUntilItSucceeds(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		mustRecord(t, l, webhook("e1"))
		var mu sync.Mutex
		var tries []time.Time
		run(t, ledger.NewForwarder(l, func(context.Context, ledger.Webhook) error {
			mu.Lock()
			defer mu.Unlock()
			switch tries = append(tries, time.Now()); len(tries) {
			case 1, 3:
				return errors.New("not now")
			case 2:
				panic("a defect that one webhook meets")
			}
			return nil
			// The interval is long so that the test fails if retries wait for it.
		}, ledger.ForwarderOptions{PollInterval: time.Hour}))
		awaitNonePending(t, l)
		if len(tries) != 4 {
			t.Fatalf("got %d tries, want 4", len(tries))
		}
		for i, atLeast := range []time.Duration{160 * time.Millisecond, 320 * time.Millisecond, 640 * time.Millisecond} {
			if got := tries[i+1].Sub(tries[i]); got < atLeast {
				t.Errorf("the wait after try %d was %v, want at least %v", i+1, got, atLeast)
			}
		}
	})
}

func TestWakeForwardsAtOnce(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		got := make(chan int64)
		// Without Wake the forwarder would query again after an hour.
		f := ledger.NewForwarder(l, func(_ context.Context, w ledger.Webhook) error {
			got <- w.ID
			return nil
		}, ledger.ForwarderOptions{PollInterval: time.Hour})
		run(t, f)
		for n := range 3 {
			id := mustRecord(t, l, webhook(strconv.Itoa(n)))
			f.Wake()
			select {
			case first := <-got:
				if first != id {
					t.Errorf("got webhook %d, want %d", first, id)
				}
			case <-time.After(patience):
				t.Fatal("Wake had no effect")
			}
		}
	})
}

func TestTwoForwardersShareTheWork(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		const webhooks = 60
		l := ledgertest.Open(t, url)
		for n := range webhooks {
			mustRecord(t, l, webhook(strconv.Itoa(n)))
		}
		var mu sync.Mutex
		times := map[int64]int{}
		var by [2]atomic.Int32
		var both sync.WaitGroup // each one's first forward waits for the other's
		both.Add(2)
		for i := range by {
			meet := sync.OnceFunc(func() { both.Done(); both.Wait() })
			run(t, ledger.NewForwarder(ledgertest.Open(t, url), func(_ context.Context, w ledger.Webhook) error {
				meet()
				by[i].Add(1)
				mu.Lock()
				defer mu.Unlock()
				times[w.ID]++
				return nil
			}, ledger.ForwarderOptions{Concurrency: 4}))
		}
		awaitNonePending(t, l)
		mu.Lock()
		defer mu.Unlock()
		if len(times) != webhooks {
			t.Errorf("%d webhooks were forwarded, want %d", len(times), webhooks)
		}
		for id, n := range times {
			if n != 1 {
				t.Errorf("webhook %d was forwarded %d times", id, n)
			}
		}
		if by[0].Load() == 0 || by[1].Load() == 0 {
			t.Errorf("the work was not shared: %d and %d", by[0].Load(), by[1].Load())
		}
	})
}

// A flood of one account delays no other: the only webhook of an account is among the
// first.
func TestForwarderServesAccountsInTurn(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		const flood, concurrency = 1000, 8
		l := ledgertest.Open(t, url)
		for n := range flood {
			mustRecord(t, l, webhook(strconv.Itoa(n)))
		}
		for _, account := range []string{"alone", "zoo"} {
			mustRecord(t, l, with(webhook("e1"), func(w *ledger.Webhook) { w.Account = account }))
		}
		var mu sync.Mutex
		var order []string
		run(t, ledger.NewForwarder(l, func(_ context.Context, w ledger.Webhook) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, w.Account)
			return nil
		}, ledger.ForwarderOptions{Concurrency: concurrency}))
		awaitNonePending(t, l)
		if len(order) != flood+2 {
			t.Errorf("%d were forwarded, want %d", len(order), flood+2)
		}
		for _, account := range []string{"alone", "zoo"} {
			if place := slices.Index(order, account); place >= 2*concurrency {
				t.Errorf("the webhook of %s was forwarded after %d of the flood, want it among the first", account, place)
			}
		}
	})
}

// A forwarder that hangs past its lease loses the webhook to another one. Its late failure
// does not put the webhook off.
func TestLeaseOfAHangingForwarderExpires(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		mustRecord(t, l, webhook("e1"))
		hangs, release := make(chan struct{}), make(chan struct{})
		stop := run(t, ledger.NewForwarder(l, func(context.Context, ledger.Webhook) error {
			close(hangs)
			<-release
			return errors.New("too late")
		}, ledger.ForwarderOptions{LeaseFor: 300 * time.Millisecond, Concurrency: 1}))
		<-hangs
		second := make(chan struct{})
		run(t, ledger.NewForwarder(l, func(context.Context, ledger.Webhook) error {
			close(second) // a second call would panic and show as pending
			return nil
		}, ledger.ForwarderOptions{}))
		select {
		case <-second:
		case <-time.After(patience):
			t.Fatal("the lease does not end")
		}
		awaitNonePending(t, l)
		close(release)
		stop()
		awaitNonePending(t, l)
	})
}

func TestForwardMustEndWithinTheLease(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	mustRecord(t, l, webhook("e1"))
	left := make(chan time.Duration, 1)
	run(t, ledger.NewForwarder(l, func(ctx context.Context, _ ledger.Webhook) error {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return nil
	}, ledger.ForwarderOptions{LeaseFor: time.Minute}))
	if got := <-left; got <= 0 || got >= time.Minute {
		t.Errorf("the forward may take %v, want less than its lease of 1m", got)
	}
}

func TestStoppingLetsForwardsFinish(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		mustRecord(t, l, webhook("e1"))
		begun, release := make(chan struct{}), make(chan struct{})
		f := ledger.NewForwarder(l, func(ctx context.Context, _ ledger.Webhook) error {
			close(begun)
			<-release
			return ctx.Err()
		}, ledger.ForwarderOptions{StopTimeout: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- f.Run(ctx) }()
		<-begun
		cancel()
		close(release)
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		count, _, err := l.PendingWebhooks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if count != 0 {
			t.Error("the forward in progress was not finished")
		}
	})
}

// A forward that does not finish in time is cancelled, and its webhook is due at once.
func TestStoppingReleasesUnfinishedForwards(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		mustRecord(t, l, webhook("e1"))
		begun := make(chan struct{})
		stop := run(t, ledger.NewForwarder(l, func(ctx context.Context, _ ledger.Webhook) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		}, ledger.ForwarderOptions{LeaseFor: time.Hour, StopTimeout: time.Millisecond}))
		<-begun
		stop()
		run(t, ledger.NewForwarder(l, func(context.Context, ledger.Webhook) error { return nil }, ledger.ForwarderOptions{}))
		awaitNonePending(t, l)
	})
}
