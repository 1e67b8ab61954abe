package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// alarm is the one timer of a run, for the earliest deadline. It is re-armed lazily: a
// timer that is too early is left to fire, which costs less than a second one.
type alarm struct {
	at     time.Time // zero if there is none
	disarm workflow.CancelFunc
	fired  bool
}

func (a *alarm) arm(ctx workflow.Context, deadline time.Time, summary string) {
	if deadline.IsZero() || !a.at.IsZero() && !deadline.Before(a.at) {
		return
	}
	if a.disarm != nil {
		a.disarm()
	}
	timerCtx, disarm := workflow.WithCancel(ctx)
	a.at, a.disarm = deadline, disarm
	wait := max(deadline.Sub(workflow.Now(ctx)), time.Millisecond) // 0 would issue no command
	timer := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: summary})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) != nil {
			return // disarmed
		}
		a.fired, a.at, a.disarm = true, time.Time{}, nil
	})
}
