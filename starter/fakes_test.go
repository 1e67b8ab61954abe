package starter_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/starter"
	"idjourney/workflows"
)

// idle is a forwarder that does nothing, or fails at once.
type idle struct{ failure error }

func (f *idle) Wake() {}

func (f *idle) Run(ctx context.Context) error {
	if f.failure == nil {
		<-ctx.Done()
	}
	return f.failure
}

// temporal stands for Temporal: it remembers the events it took.
type temporal struct {
	mu      sync.Mutex
	down    bool
	missing []string
	events  []journey.Event
	changed chan struct{}
}

func newTemporal() *temporal { return &temporal{changed: make(chan struct{})} }

func (f *temporal) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *temporal) SignalWithStart(ctx context.Context, e journey.Event) error {
	if _, bounded := ctx.Deadline(); !bounded {
		return errors.New("a signal without a deadline")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errors.New("Temporal is stopped")
	}
	f.events = append(f.events, e)
	close(f.changed)
	f.changed = make(chan struct{})
	return nil
}

func (f *temporal) Ready(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errors.New("reaching Temporal: it is stopped")
	}
	if len(f.missing) > 0 {
		return &workflows.MissingAttributes{Names: f.missing}
	}
	return nil
}

func (f *temporal) taken() []journey.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

// await returns the events once there are n.
func (f *temporal) await(t *testing.T, n int) []journey.Event {
	t.Helper()
	ctx := awaitContext(t)
	for {
		f.mu.Lock()
		events, changed := slices.Clone(f.events), f.changed
		f.mu.Unlock()
		if len(events) >= n {
			return events
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("got %d events at Temporal, want %d", len(events), n)
		}
	}
}

// store is a real ledger that can be made to fail or to hang.
type store struct {
	*ledger.Ledger
	down, hangs atomic.Bool
	entered     chan struct{} // receives when a recording hangs; may be nil
	left        chan error    // receives why it ended; may be nil

	graves sync.Map    // journey id to its phase: what Tombstone answers
	blind  atomic.Bool // Tombstone fails
	erased chan string // receives the journeys that are erased again; may be nil
}

func (s *store) Tombstone(_ context.Context, _, journeyID string) (journey.Phase, bool, error) {
	if s.blind.Load() {
		return "", false, errors.New("the disk is slow")
	}
	phase, ok := s.graves.Load(journeyID)
	if !ok {
		return "", false, nil
	}
	return phase.(journey.Phase), true, nil
}

func (s *store) Erase(_ context.Context, _, journeyID string, _ time.Time) error {
	s.erased <- journeyID
	return nil
}

func (s *store) RecordWebhook(ctx context.Context, w ledger.Webhook) (int64, bool, error) {
	if s.hangs.Load() {
		if s.entered != nil {
			s.entered <- struct{}{}
		}
		<-ctx.Done()
		if s.left != nil {
			s.left <- ctx.Err()
		}
		return 0, false, ctx.Err()
	}
	if s.down.Load() {
		return 0, false, errors.New("the disk is full")
	}
	return s.Ledger.RecordWebhook(ctx, w)
}

func (s *store) Ping(ctx context.Context) error {
	if s.down.Load() {
		return errors.New("the disk is full")
	}
	return s.Ledger.Ping(ctx)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// panicking is a ledger with a defect: a panic that quotes the webhook.
type panicking struct{ starter.Ledger }

func (panicking) RecordWebhook(_ context.Context, w ledger.Webhook) (int64, bool, error) {
	panic("cannot read " + string(w.Body))
}
