package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"idjourney/telemetry"
)

// ForwardFunc brings one webhook's event to where it is wanted. It must keep to
// its context's deadline, which lies within the lease: whoever works past it may
// find the webhook forwarded by somebody else too. An error means "again later".
type ForwardFunc func(ctx context.Context, w Webhook) error

// ForwarderOptions shapes a Forwarder; the zero value of a field is its default.
type ForwarderOptions struct {
	// Concurrency is how many webhooks are forwarded at the same time; 8.
	Concurrency int
	// PollInterval is the longest time between two looks at the ledger; 1s. It
	// matters only for webhooks that another process recorded or claimed: this
	// process's are announced by Wake, and its retries have a timer.
	PollInterval time.Duration
	// LeaseFor is how long a claimed webhook is left alone by others; 30s. After
	// a crash it is taken up again when this is over.
	LeaseFor time.Duration
	// StopTimeout is how long forwards in progress may go on when Run's context
	// ends; 5s.
	StopTimeout time.Duration
	// Logger is where failures go; none if nil.
	Logger *slog.Logger
}

// The wait after the n-th failure doubles from the first to the longest, less up
// to a fifth of it at random.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 30 * time.Second
)

// settleTimeout bounds the writing down of a forward's outcome. If it fails the
// lease simply ends, and the webhook is forwarded again.
const settleTimeout = 5 * time.Second

// Forwarder brings recorded webhooks to the workflow: at once, and again with
// growing pauses until each one is taken. It never gives one up. Forwarders in
// several processes share the work. Each webhook is forwarded at least once, and
// twice only if a process dies, or loses its ledger, after the workflow took it.
type Forwarder struct {
	ledger   *Ledger
	forward  ForwardFunc
	opts     ForwarderOptions
	wake     chan struct{}
	failures atomic.Int64 // since the last success
}

// NewForwarder returns a Forwarder that does nothing until Run.
func NewForwarder(l *Ledger, f ForwardFunc, opts ForwarderOptions) *Forwarder {
	if opts.Concurrency <= 0 {
		opts.Concurrency = 8
	}
	if opts.PollInterval <= 0 {
		opts.PollInterval = time.Second
	}
	if opts.LeaseFor <= 0 {
		opts.LeaseFor = 30 * time.Second
	}
	if opts.StopTimeout <= 0 {
		opts.StopTimeout = 5 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Forwarder{ledger: l, forward: f, opts: opts, wake: make(chan struct{}, 1)}
}

// Wake makes the forwarder look at the ledger at once. It never blocks; call it
// after RecordWebhook.
func (f *Forwarder) Wake() {
	select {
	case f.wake <- struct{}{}:
	default: // a look is already due
	}
}

// Run forwards until ctx ends, lets forwards in progress finish (StopTimeout) and
// returns nil. A ledger that fails is logged and asked again: there is no error
// that would make it right to stop. Run may be called once.
func (f *Forwarder) Run(ctx context.Context) error {
	// Forwards outlive ctx by StopTimeout.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(f.opts.StopTimeout, stop) })()

	// A slot is taken before a claim, so that a lease never runs while its webhook
	// waits for its turn.
	slots := make(chan struct{}, f.opts.Concurrency)
	var inProgress sync.WaitGroup
	defer inProgress.Wait()
	for ctx.Err() == nil {
		free := f.takeSlots(ctx, slots)
		batch, wait := f.look(ctx, free)
		for range free - len(batch) {
			<-slots
		}
		for _, c := range batch {
			inProgress.Go(func() {
				defer func() { <-slots; f.Wake() }()
				f.handle(working, c)
			})
		}
		if len(batch) == 0 {
			f.rest(ctx, wait)
		}
	}
	return nil
}

// takeSlots waits for one free slot and takes all that are free; 0 if ctx ended.
func (f *Forwarder) takeSlots(ctx context.Context, slots chan<- struct{}) (taken int) {
	select {
	case slots <- struct{}{}:
		taken = 1
	case <-ctx.Done():
		return 0
	}
	for {
		select {
		case slots <- struct{}{}:
			taken++
		default:
			return taken
		}
	}
}

// look claims up to free due webhooks. If there are none it says how long nothing
// will be due, as far as is known now.
func (f *Forwarder) look(ctx context.Context, free int) ([]claimed, time.Duration) {
	if ctx.Err() != nil {
		return nil, 0
	}
	due, waiting, err := f.ledger.nextDue(ctx)
	if err == nil && waiting {
		wait := time.Until(due)
		if wait > 0 {
			return nil, min(wait, f.opts.PollInterval)
		}
		var batch []claimed
		if batch, err = f.ledger.claim(ctx, free, f.opts.LeaseFor); err == nil {
			return batch, firstWait // nothing claimed: another process was quicker
		}
	}
	if err != nil && ctx.Err() == nil {
		f.opts.Logger.ErrorContext(ctx, "forwarder cannot read the ledger", "error", err)
	}
	return nil, f.opts.PollInterval
}

// rest waits for d, for Wake, or for ctx to end.
func (f *Forwarder) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.wake:
	case <-ctx.Done():
	}
}

// handle forwards one webhook and writes down how it went.
func (f *Forwarder) handle(ctx context.Context, c claimed) {
	// A tenth of the lease is kept back for writing down the outcome.
	deadline, cancel := context.WithDeadline(ctx, c.until.Add(-f.opts.LeaseFor/10))
	failure := f.try(deadline, c.Webhook)
	cancel()

	f.tellOutage(ctx, failure)
	ctx = telemetry.WithTraceParent(ctx, c.TraceParent) // so that the log names its trace
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	var err error
	if failure == nil {
		err = f.ledger.markForwarded(settle, c)
	} else {
		wait := backoff(c.attempts, rand.Float64()) //nolint:gosec // jitter is no secret
		if ctx.Err() != nil {
			wait = 0 // we are stopping: somebody else may have it at once
		}
		f.opts.Logger.DebugContext(ctx, "webhook not forwarded yet", "webhook", c.ID, "account", c.Account,
			"attempt", c.attempts, "again_in", wait, "error", failure)
		err = f.ledger.putOff(settle, c, wait)
	}
	if err != nil {
		f.opts.Logger.ErrorContext(ctx, "forwarder cannot write to the ledger", "webhook", c.ID, "error", err)
	}
}

// tellOutage logs the beginning and the end of an outage, not each of its tries:
// an hour without Temporal would otherwise fill a disk.
func (f *Forwarder) tellOutage(ctx context.Context, failure error) {
	if failure != nil {
		if f.failures.Add(1) == 1 {
			f.opts.Logger.WarnContext(ctx, "webhooks are recorded but cannot be forwarded; they are tried again until they can", "error", failure)
		}
		return
	}
	if n := f.failures.Swap(0); n > 0 {
		f.opts.Logger.InfoContext(ctx, "webhooks are forwarded again", "failed_tries", n)
	}
}

// try calls the ForwardFunc; one webhook that makes it panic must not end the
// forwarding of all others.
func (f *Forwarder) try(ctx context.Context, w Webhook) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("forwarding panicked: %T", p)
		}
	}()
	return f.forward(ctx, w)
}

// backoff is the wait after the n-th failed attempt (n from 1); random is in [0,1).
func backoff(n int, random float64) time.Duration {
	wait := longestWait
	if n < 10 { // 200ms * 2^9 is above the longest
		wait = min(firstWait<<max(n-1, 0), longestWait)
	}
	return wait - time.Duration(random*float64(wait)/5)
}
