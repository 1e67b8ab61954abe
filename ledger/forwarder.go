package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"idjourney/telemetry"
)

// ForwardFunc brings one webhook's event to its workflow; the webhook comes without
// its body and reference. It must keep to its context's deadline, which lies within the
// lease: after it, another process may forward the webhook too. An error means "again
// later".
type ForwardFunc func(ctx context.Context, w Webhook) error

// ForwarderOptions shapes a Forwarder; the zero value of a field is its default.
type ForwarderOptions struct {
	// Concurrency is how many webhooks are forwarded at the same time; 8.
	Concurrency int
	// PollInterval is the longest time between two queries for due webhooks; 1s. It
	// matters only for webhooks that another process recorded or claimed: this
	// process's are announced by Wake, and its retries have a timer.
	PollInterval time.Duration
	// LeaseFor is how long a claimed webhook is left alone by others; 30s. After
	// a crash it is taken up again when this is over.
	LeaseFor time.Duration
	// StopTimeout is how long forwards in progress may go on when Run's context
	// ends; 5s.
	StopTimeout time.Duration
	// KeepContent is how long the content of a webhook stays after it was received, if
	// it does not wait for forwarding; for ever if 0.
	KeepContent time.Duration
	// Logger is where failures go; none if nil.
	Logger *slog.Logger
}

// The wait after the n-th failure doubles from the first to the longest, less up
// to a fifth of it at random.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 30 * time.Second
)

// The content of old webhooks is removed every so often, in batches of so many of an
// account, so that no transaction is long.
const (
	removeEvery = time.Hour
	removeBatch = 500
)

// settleTimeout bounds the writing down of a forward's outcome. If it fails the
// lease simply ends, and the webhook is forwarded again.
const settleTimeout = 5 * time.Second

// Forwarder brings recorded webhooks to the workflow: at once, and again with
// growing pauses until each one is taken. It never gives one up. Forwarders in
// several processes share the work. Accounts are served in turn, and within an account
// what is fresh and what failed before, so that a flood of one account delays no other.
// Each webhook is forwarded at least once, and twice only if a process dies, or loses its
// ledger, after the workflow took it.
type Forwarder struct {
	ledger   *Ledger
	forward  ForwardFunc
	opts     ForwarderOptions
	wake     chan struct{}
	taken    chan int64   // the ids of webhooks that the workflow took
	failures atomic.Int64 // since the last success
	// served says when a lane was last given a slot, counted in slots.
	served map[lane]int
	slots  int
}

// NewForwarder returns a Forwarder that does nothing until Run.
func NewForwarder(l *Ledger, f ForwardFunc, opts ForwarderOptions) *Forwarder {
	opts.Concurrency = cmp.Or(max(opts.Concurrency, 0), 8)
	opts.PollInterval = cmp.Or(max(opts.PollInterval, 0), time.Second)
	opts.LeaseFor = cmp.Or(max(opts.LeaseFor, 0), 30*time.Second)
	opts.StopTimeout = cmp.Or(max(opts.StopTimeout, 0), 5*time.Second)
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Forwarder{
		ledger: l, forward: f, opts: opts, wake: make(chan struct{}, 1),
		taken: make(chan int64, 8*opts.Concurrency), served: map[lane]int{},
	}
}

// Wake makes the forwarder query the ledger at once. It never blocks; call it
// after RecordWebhook.
func (f *Forwarder) Wake() {
	select {
	case f.wake <- struct{}{}:
	default: // a query is already due
	}
}

// Run forwards until ctx ends, lets forwards in progress finish (StopTimeout) and
// returns nil. A ledger that fails is logged and queried again: no error is a
// reason to stop. Run may be called once.
func (f *Forwarder) Run(ctx context.Context) error {
	// Forwards outlive ctx by StopTimeout.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(f.opts.StopTimeout, stop) })()

	var background, inProgress sync.WaitGroup
	background.Go(func() { f.mark(working) })
	background.Go(func() { f.removeContent(ctx) })
	defer background.Wait()
	defer close(f.taken)
	defer inProgress.Wait()
	// A slot is taken before a claim, so that a lease never runs while its webhook
	// waits for its turn.
	slots := make(chan struct{}, f.opts.Concurrency)
	for ctx.Err() == nil {
		free := f.takeSlots(ctx, slots)
		batch, wait := f.claimDue(ctx, free)
		for range free - len(batch) {
			<-slots
		}
		for _, c := range batch {
			inProgress.Go(func() {
				defer func() { <-slots }()
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

// claimDue claims up to free due webhooks. If there are none it says how long nothing
// will be due, as far as is known now.
func (f *Forwarder) claimDue(ctx context.Context, free int) (batch []claimed, wait time.Duration) {
	if ctx.Err() != nil {
		return nil, 0
	}
	due, next, err := f.ledger.dueLanes(ctx, time.Now())
	for from, share := range f.deal(due, free) {
		var claims []claimed
		if err == nil {
			claims, err = f.ledger.claim(ctx, from, share, f.opts.LeaseFor)
		}
		batch = append(batch, claims...)
	}
	switch {
	case err != nil && ctx.Err() == nil:
		f.opts.Logger.ErrorContext(ctx, "forwarder cannot read the ledger", "error", err)
	case len(due) > 0:
		return batch, firstWait // nothing claimed: another process was quicker
	case !next.IsZero():
		return batch, min(time.Until(next), f.opts.PollInterval)
	}
	return batch, f.opts.PollInterval
}

// deal gives each slot to the account that was served longest ago, and there to the
// lane that was.
func (f *Forwarder) deal(due []lane, slots int) map[lane]int {
	shares := map[lane]int{}
	if len(due) == 0 {
		return shares
	}
	account := func(a lane) int { return max(f.served[lane{a.account, false}], f.served[lane{a.account, true}]) }
	for range slots {
		next := slices.MinFunc(due, func(a, b lane) int {
			return cmp.Or(cmp.Compare(account(a), account(b)), cmp.Compare(f.served[a], f.served[b]))
		})
		f.slots++
		f.served[next] = f.slots
		shares[next]++
	}
	return shares
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
	if errors.Is(failure, ErrWithheld) {
		return // Admit has written it down
	}

	f.logOutage(ctx, failure)
	if failure == nil {
		f.taken <- c.ID
		return
	}
	ctx = telemetry.WithTraceParent(ctx, c.TraceParent) // so that the log names its trace
	wait := backoff(c.attempts, rand.Float64())         //nolint:gosec // jitter is no secret
	if ctx.Err() != nil {
		wait = 0 // we are stopping: somebody else may have it at once
	}
	f.opts.Logger.DebugContext(ctx, "webhook not forwarded yet", "webhook", c.ID, "account", c.Account,
		"attempt", c.attempts, "again_in", wait, "error", failure)
	f.settle(ctx, func(ctx context.Context) error { return f.ledger.putOff(ctx, c, wait) })
	f.Wake() // it may be due before what the loop waits for
}

// settle writes down an outcome, even if ctx has ended.
func (f *Forwarder) settle(ctx context.Context, write func(context.Context) error) {
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := write(settle); err != nil {
		f.opts.Logger.ErrorContext(ctx, "forwarder cannot write to the ledger", "error", err)
	}
}

// mark writes down which webhooks were taken: all that are known at the moment at once.
func (f *Forwarder) mark(ctx context.Context) {
	for id := range f.taken {
		ids := []int64{id}
		for len(f.taken) > 0 && len(ids) < cap(f.taken) {
			ids = append(ids, <-f.taken)
		}
		f.settle(ctx, func(ctx context.Context) error { return f.ledger.markForwarded(ctx, ids) })
	}
}

// removeContent removes the content of old webhooks, from time to time.
func (f *Forwarder) removeContent(ctx context.Context) {
	if f.opts.KeepContent <= 0 {
		return
	}
	for next := time.NewTicker(removeEvery); ; {
		for {
			removed, err := f.ledger.RemoveContent(ctx, time.Now().Add(-f.opts.KeepContent), removeBatch)
			if err != nil && ctx.Err() == nil {
				f.opts.Logger.ErrorContext(ctx, "the content of old webhooks cannot be removed", "error", err)
			}
			if err != nil || removed == 0 {
				break
			}
			f.opts.Logger.InfoContext(ctx, "the content of old webhooks was removed", "webhooks", removed)
		}
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
		}
	}
}

// logOutage logs the beginning and the end of an outage, not each of its tries:
// an hour without Temporal would otherwise fill a disk.
func (f *Forwarder) logOutage(ctx context.Context, failure error) {
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
