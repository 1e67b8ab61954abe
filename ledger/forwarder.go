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

// ForwardFunc brings one webhook's event, without body and reference, to its workflow before
// the context's deadline, which lies within the lease. After an error it is retried.
type ForwardFunc func(ctx context.Context, w Webhook) error

// ForwarderOptions configures a Forwarder; the zero value of a field is its default.
type ForwarderOptions struct {
	// Concurrency is how many webhooks are forwarded at the same time; 8.
	Concurrency int
	// PollInterval is the longest time between two queries for due webhooks; 1s. It matters
	// only for those that another process recorded or claimed.
	PollInterval time.Duration
	// LeaseFor is how long other processes leave a claimed webhook alone; 30s. After a
	// crash it becomes due again when this is over.
	LeaseFor time.Duration
	// StopTimeout is how long forwards in progress may go on after Run's context ends; 5s.
	StopTimeout time.Duration
	// KeepContent is how long the content of a webhook stays after it was received, if
	// it does not wait for forwarding; for ever if 0.
	KeepContent time.Duration
	// Logger is where failures go; none if nil.
	Logger *slog.Logger
}

const (
	// firstWait follows the first failure. The wait doubles from failure to failure up to
	// longestWait, less up to a fifth of it at random.
	firstWait   = 200 * time.Millisecond
	longestWait = 30 * time.Second
	// removeBatch bounds the transactions that remove old content, every removeEvery.
	removeEvery = time.Hour
	removeBatch = 500
	// settleTimeout bounds the recording of a forward's outcome. If that fails, the lease
	// ends and the webhook is forwarded again.
	settleTimeout = 5 * time.Second
)

// Forwarder brings recorded webhooks to the workflow, with growing pauses until each one is
// taken. Several processes share the work. Accounts are served in turn, and within an account
// new webhooks and retries, so that a flood delays no other account. A webhook is forwarded
// twice only if a process dies, or loses its ledger, after the workflow took it.
type Forwarder struct {
	ledger   *Ledger
	forward  ForwardFunc
	opts     ForwarderOptions
	wake     chan struct{}
	taken    chan int64   // the ids of webhooks that the workflow took
	failures atomic.Int64 // since the last success
	// served is the number of the slot that a lane was last given.
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

// Wake makes the forwarder query the ledger at once. It never blocks. Call it after
// RecordWebhook.
func (f *Forwarder) Wake() {
	select {
	case f.wake <- struct{}{}:
	default: // a query is already due
	}
}

// Run forwards until ctx ends, lets forwards in progress finish (StopTimeout) and returns
// nil. If the ledger fails, it logs that and goes on. Run may be called once.
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
	// A slot is taken before the claim, so that no lease runs while its webhook waits.
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
		if len(batch) > 0 {
			continue
		}
		select {
		case <-time.After(wait):
		case <-f.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// takeSlots waits for one free slot and takes all that are free; 0 if ctx ended.
func (f *Forwarder) takeSlots(ctx context.Context, slots chan<- struct{}) (taken int) {
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for taken = 1; len(slots) < cap(slots); taken++ {
		slots <- struct{}{} // does not block: only this goroutine takes slots
	}
	return taken
}

// claimDue claims up to free due webhooks. If there are none, wait is how long none will be
// due, as far as is known now.
func (f *Forwarder) claimDue(ctx context.Context, free int) (batch []claimed, wait time.Duration) {
	if free == 0 {
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
		return batch, firstWait // if nothing was claimed, another process was quicker
	case !next.IsZero():
		return batch, min(time.Until(next), f.opts.PollInterval)
	}
	return batch, f.opts.PollInterval
}

// deal gives each slot to the account that was served longest ago, and within it to the
// lane that was.
func (f *Forwarder) deal(due []lane, slots int) map[lane]int {
	shares := map[lane]int{}
	if len(due) == 0 {
		return shares
	}
	account := func(a lane) int { return max(f.served[lane{a.account, 0}], f.served[lane{a.account, 1}]) }
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

// handle forwards one webhook and records the outcome.
func (f *Forwarder) handle(ctx context.Context, c claimed) {
	// A tenth of the lease is left for recording the outcome.
	deadline, cancel := context.WithDeadline(ctx, c.until.Add(-f.opts.LeaseFor/10))
	failure := f.try(deadline, c.Webhook)
	cancel()
	if errors.Is(failure, ErrWithheld) {
		return // Admit has recorded it
	}
	f.logOutage(ctx, failure)
	if failure == nil {
		f.taken <- c.ID
		return
	}
	ctx = telemetry.WithTraceParent(ctx, c.TraceParent) // so that the log names its trace
	wait := backoff(c.attempts, rand.Float64())         //nolint:gosec // jitter is no secret
	if ctx.Err() != nil {
		wait = 0 // another process may have it at once
	}
	f.opts.Logger.DebugContext(ctx, "webhook not forwarded yet", "webhook", c.ID, "account", c.Account,
		"attempt", c.attempts, "again_in", wait, "error", failure)
	f.settle(ctx, func(ctx context.Context) error { return f.ledger.putOff(ctx, c, wait) })
	f.Wake() // it may be due earlier than the loop expects
}

// settle records an outcome, even if ctx has ended.
func (f *Forwarder) settle(ctx context.Context, write func(context.Context) error) {
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := write(settle); err != nil {
		f.opts.Logger.ErrorContext(ctx, "forwarder cannot write to the ledger", "error", err)
	}
}

// mark records which webhooks were taken, as many at once as are known.
func (f *Forwarder) mark(ctx context.Context) {
	for id := range f.taken {
		ids := []int64{id}
		for len(f.taken) > 0 && len(ids) < cap(f.taken) {
			ids = append(ids, <-f.taken)
		}
		f.settle(ctx, func(ctx context.Context) error { return f.ledger.markForwarded(ctx, ids) })
	}
}

// removeContent removes the content of old webhooks from time to time.
func (f *Forwarder) removeContent(ctx context.Context) {
	for f.opts.KeepContent > 0 && ctx.Err() == nil {
		removed, err := f.ledger.RemoveContent(ctx, time.Now().Add(-f.opts.KeepContent), removeBatch)
		switch {
		case err != nil && ctx.Err() == nil:
			f.opts.Logger.ErrorContext(ctx, "the content of old webhooks cannot be removed", "error", err)
		case removed > 0:
			f.opts.Logger.InfoContext(ctx, "the content of old webhooks was removed", "webhooks", removed)
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(removeEvery):
		}
	}
}

// logOutage logs the beginning and the end of an outage, not each attempt: an hour without
// Temporal would otherwise fill a disk.
func (f *Forwarder) logOutage(ctx context.Context, failure error) {
	if failure != nil {
		if f.failures.Add(1) == 1 {
			f.opts.Logger.WarnContext(ctx, "webhooks are recorded but cannot be forwarded; they are tried again until they can", "error", failure)
		}
	} else if n := f.failures.Swap(0); n > 0 {
		f.opts.Logger.InfoContext(ctx, "webhooks are forwarded again", "failed_tries", n)
	}
}

// try calls the ForwardFunc; a panic over one webhook must not stop all others.
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
	doublings := min(max(n-1, 0), 8) // the eighth exceeds longestWait
	wait := min(firstWait<<doublings, longestWait)
	return wait - time.Duration(random*float64(wait)/5)
}

// A webhook waits for forwarding while its due_at is set. A claim moves due_at to the end of
// the lease; forwarding clears it. attempts counts the claims, so that a forwarder whose lease
// has ended cannot put off what another one has claimed since. If the clocks of two machines
// differ by a lease, a webhook may be forwarded twice, but is never lost.

// claimed is a webhook under a lease, without its body and reference.
type claimed struct {
	Webhook
	attempts int
	until    time.Time
}

// lane is the webhooks of one account that wait for their first attempt (failed is 0), or
// for another one (failed is 1).
type lane struct {
	account string
	failed  int
}

// eachAccount begins a query with the table accounts: the accounts that have webhooks
// under a condition. It reads one index entry per account, whatever the backlog.
func eachAccount(condition string) string {
	return `
WITH RECURSIVE found(account) AS (
	SELECT MIN(account) FROM webhooks WHERE ` + condition + `
	UNION ALL
	SELECT (SELECT MIN(account) FROM webhooks WHERE account > found.account AND ` + condition + `)
	FROM found WHERE found.account IS NOT NULL
), accounts AS (SELECT account FROM found WHERE account IS NOT NULL)
`
}

var selectLanes = eachAccount("due_at IS NOT NULL") + `
SELECT account, lanes.failed,
	(SELECT MIN(due_at) FROM webhooks w WHERE w.account = accounts.account AND w.failed = lanes.failed AND due_at IS NOT NULL)
FROM accounts CROSS JOIN (SELECT 0 AS failed UNION ALL SELECT 1) AS lanes`

// dueLanes returns the lanes in which a webhook is due at now, and when the next of the others
// is (zero if none waits). It only reads: an idle forwarder does not write to SQLite.
func (l *Ledger) dueLanes(ctx context.Context, now time.Time) (due []lane, next time.Time, err error) {
	defer wrap(&err, "looking for due webhooks")
	type waiting struct {
		lane
		dueAt time.Time
	}
	all, err := list(ctx, l.read, selectLanes, nil, func(w *waiting) []any {
		return []any{&w.account, &w.failed, (*instant)(&w.dueAt)}
	})
	for _, w := range all {
		switch {
		case w.dueAt.IsZero():
		case !w.dueAt.After(now):
			due = append(due, w.lane)
		case next.IsZero() || w.dueAt.Before(next):
			next = w.dueAt
		}
	}
	return due, next, err
}

const claimDue = `
WITH due AS MATERIALIZED (
	SELECT id FROM webhooks WHERE account = $1 AND failed = $2 AND due_at <= $3 ORDER BY due_at, id LIMIT $4 %s
)
UPDATE webhooks SET due_at = $5, attempts = attempts + 1
WHERE id IN (SELECT id FROM due)
RETURNING id, event_type, event_id, journey_id, received_at, trace_parent, event, attempts`

// claim leases up to limit due webhooks of a lane, oldest first.
func (l *Ledger) claim(ctx context.Context, from lane, limit int, lease time.Duration) (batch []claimed, err error) {
	defer wrap(&err, "claiming webhooks")
	now := time.Now()
	until := now.Add(lease)
	batch, err = list(ctx, l.write, fmt.Sprintf(claimDue, l.dialect.skipLocked),
		[]any{from.account, from.failed, now.UnixNano(), limit, until.UnixNano()}, func(c *claimed) []any {
			c.Account, c.Handling, c.until = from.account, Forward, until
			return []any{&c.ID, &c.EventType, &c.EventID, &c.JourneyID, (*instant)(&c.ReceivedAt), &c.TraceParent, &c.Event, &c.attempts}
		})
	// RETURNING promises no order.
	slices.SortFunc(batch, func(a, b claimed) int { return cmp.Compare(a.ID, b.ID) })
	return batch, err
}

// markForwarded marks webhooks as forwarded, even if another process holds their leases
// by now, because the workflow has taken them. The ids are from this process's own claims.
func (l *Ledger) markForwarded(ctx context.Context, ids []int64) (err error) {
	defer wrap(&err, "marking webhooks as forwarded")
	claims, args := in(ids, []any{time.Now().UnixNano()})
	return exec(ctx, l.write, "UPDATE webhooks SET due_at = NULL, forwarded_at = $1 WHERE due_at IS NOT NULL AND id IN "+claims, args...)
}

// putOff ends a lease early and makes the webhook due again after d.
func (l *Ledger) putOff(ctx context.Context, c claimed, d time.Duration) (err error) {
	defer wrap(&err, "putting a webhook off")
	return exec(ctx, l.write, "UPDATE webhooks SET due_at = $1, failed = 1 WHERE id = $2 AND attempts = $3 AND due_at IS NOT NULL",
		time.Now().Add(d).UnixNano(), c.ID, c.attempts)
}
