package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/api"
	"idjourney/dev/history"
	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// A journey continues as new at least twenty times while webhooks come in, operators
// act, and nothing can be delivered: every webhook is taken, every act is done once
// and answered, and every decision arrives, in order, when the endpoint is back.
func TestContinueAsNewUnderFire(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var down atomic.Bool
	down.Store(true)
	var told []int // sequences, as they arrived
	var mu sync.Mutex
	p := newPlayer(t, caseNamed(t, "approved"), func(p *player) {
		p.name, p.maxEvents = "under-fire", 80
		p.publish = func(_ context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
			if in.Endpoint != "" && down.Load() {
				// Long enough that a continue-as-new finds it at work, and asks it to stop.
				<-after(100 * time.Millisecond)
				return journey.PublishAnswer{}, errors.New("the endpoint is down")
			}
			if d := in.Message.Decision; d != nil && in.Endpoint != "" {
				mu.Lock()
				told = append(told, d.Sequence)
				mu.Unlock()
			}
			return p.world.Publish(in), nil
		}
		p.limits.ScheduleToClose = 4 * time.Minute
	})
	p.play(ctx)
	const bursts, size, acts = 72, 6, 24
	for burst := range bursts {
		var all sync.WaitGroup
		for n := range size {
			all.Go(func() {
				e := journey.Event{
					EventID: fmt.Sprintf("fire-%d-%d", burst, n), Type: journey.UpdatedJourney,
					Account: p.account, JourneyID: journeytest.JourneyID, ReceivedAt: time.Now(),
				}
				if err := p.signaler.SignalWithStart(ctx, e); err != nil {
					t.Error(err)
				}
			})
		}
		if burst%(bursts/acts) == 0 {
			all.Go(func() { p.override(ctx, 1+burst/(bursts/acts)) })
			all.Go(func() { p.refresh(ctx) })
		}
		all.Wait()
		p.sent += size
		if burst%4 != 0 { // every fourth burst comes on top of the one before
			p.catchUp(ctx)
		}
	}
	p.catchUp(ctx)
	down.Store(false)
	p.awaitDelivered(ctx, 1+acts)

	s := p.state(ctx)
	if got := s.Counts.Events; got != p.sent {
		t.Errorf("the journey took %d events, want all %d", got, p.sent)
	}
	if s.Standing.Sequence != 1+acts || s.Standing.Outcome != journey.OutcomeApproved {
		t.Errorf("the standing is %s by decision %d, want approved by decision %d", s.Standing.Outcome, s.Standing.Sequence, 1+acts)
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.IsSorted(told) || len(slices.Compact(slices.Clone(told))) != 1+acts {
		t.Errorf("the endpoint was told decisions %v, want 1 to %d in order", told, 1+acts)
	}
	chain, err := history.Walk(ctx, temporal, p.id())
	if err != nil {
		t.Fatal(err)
	}
	if len(chain.Runs) < 21 {
		t.Errorf("the journey continued as new %d times, want 20: raise the number of events", len(chain.Runs)-1)
	}
	t.Logf("%d events, %d overrides, %d refreshes over %d runs, %d Actions", p.sent, acts, acts, len(chain.Runs), chain.Total.Actions)
}

// override puts the journey on hold and off again, naming the standing it is to
// supersede, until it is answered: a workflow that continues as new may not take an
// update just then, but never does one twice.
func (p *player) override(ctx context.Context, sequence int) {
	outcome := journey.OutcomeOnHold
	if sequence%2 == 0 {
		outcome = journey.OutcomeApproved
	}
	act := journey.Act{Outcome: outcome, Sequence: sequence, Actor: "officer", Reason: "under fire"}
	acted := p.update(ctx, journey.UpdateOverride, act)
	if acted.Standing.Sequence != sequence+1 {
		p.t.Errorf("override %d left the standing at decision %d", sequence, acted.Standing.Sequence)
	}
}

func (p *player) refresh(ctx context.Context) {
	p.update(ctx, journey.UpdateRefresh, journey.Act{Actor: "officer", Reason: "under fire"})
}

func (p *player) update(ctx context.Context, name string, act journey.Act) (acted journey.Acted) {
	operator := api.NewOperator(temporal, "cases-"+p.name)
	for {
		acted, err := operator.Act(ctx, p.account, journeytest.JourneyID, name, act)
		var refused *api.Refused
		switch {
		case err == nil:
			return acted
		case errors.As(err, &refused), ctx.Err() != nil:
			p.t.Errorf("%s of decision %d: %v", name, act.Sequence, err)
			return acted
		}
		p.t.Logf("%s again: %v", name, err)
		<-after(50 * time.Millisecond)
	}
}

// awaitDelivered waits until the endpoint has taken decision n.
func (p *player) awaitDelivered(ctx context.Context, n int) {
	p.t.Helper()
	for len(p.world.Told()) < n {
		p.receive(ctx, after(50*time.Millisecond))
	}
}

func caseNamed(t *testing.T, name string) journeytest.Case {
	t.Helper()
	c, err := journeytest.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
