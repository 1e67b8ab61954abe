package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/dev/history"
	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// A journey continues as new again and again while webhooks come in and decision 1
// cannot be delivered: every webhook is taken, and the decision arrives once.
func TestContinueAsNewUnderFire(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var down atomic.Bool
	down.Store(true)
	p := newPlayer(t, caseNamed(t, "approved"), func(p *player) {
		p.name = "under-fire"
		p.publish = func(_ context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
			if down.Load() {
				// Long enough that a continue-as-new finds it at work, and asks it to stop.
				<-after(300 * time.Millisecond)
				return journey.PublishAnswer{}, errors.New("the endpoint is down")
			}
			return p.world.Publish(in), nil
		}
		p.limits.ScheduleToClose = 3 * time.Minute
	})
	p.play(ctx)
	const bursts, size = 80, 6
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
		all.Wait()
		p.sent += size
		if burst%4 != 0 { // every fourth burst comes on top of the one before
			p.catchUp(ctx)
		}
	}
	p.catchUp(ctx)
	down.Store(false)
	p.awaitEnd(ctx)
	if got := p.state(ctx).Counts.Events; got != p.sent {
		t.Errorf("the journey took %d events, want all %d", got, p.sent)
	}
	chain, err := history.Walk(ctx, temporal, p.id())
	if err != nil {
		t.Fatal(err)
	}
	if len(chain.Runs) < 3 {
		t.Errorf("the journey continued as new %d times, want more: raise the number of events", len(chain.Runs)-1)
	}
	t.Logf("%d events over %d runs, %d Actions", p.sent, len(chain.Runs), chain.Total.Actions)
}

func caseNamed(t *testing.T, name string) journeytest.Case {
	t.Helper()
	c, err := journeytest.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
