package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// interpreter is one run of a journey's workflow.
type interpreter struct {
	options Options
	state   journey.State
	inbox   []journey.Input
	pending []*pending
	shown   journey.Attributes // as last written to the search attributes

	signals workflow.ReceiveChannel
	lanes   workflow.Context // every activity's context; cancelled to continue as new
	cancel  workflow.CancelFunc

	armedAt time.Time // instant of the one timer; zero if none
	disarm  workflow.CancelFunc
	fired   bool
	// cancelled says that an operator asked for the run to be cancelled.
	cancelled func() bool
	// again says that an effect which was given up has to be started again.
	again bool
	// updates wait for what Apply makes of them, each under its input.
	updates map[any]*waiting
	settled bool // this run came to settle: worth a fresh history
}

// pending is an effect that has not been answered yet. Until is the end of its
// budget, fixed when it is first started and kept over continue-as-new.
type pending struct {
	journey.Effect
	Until   time.Time `json:"until,omitzero"`
	running bool
}

func newInterpreter(ctx workflow.Context, options Options, arg argument, carried journey.State) *interpreter {
	i := &interpreter{
		options: options,
		updates: map[any]*waiting{},
		signals: workflow.GetSignalChannelWithOptions(ctx, journey.SignalEvent, workflow.SignalChannelOptions{
			Description: "A webhook's hint, or an operator's refresh: the journey looks at the API.",
		}),
	}
	i.lanes, i.cancel = workflow.WithCancel(ctx)
	if arg.Carry == nil {
		i.state = journey.Open(arg.Start, workflow.Now(ctx).UTC())
		i.shown = journey.Attributes{Phase: i.state.Phase, Account: i.state.Account}
		return i
	}
	i.state, i.inbox, i.shown = carried, arg.Carry.Inbox, arg.Carry.Shown
	for _, p := range arg.Carry.Pending {
		i.pending = append(i.pending, &p)
	}
	return i
}

// arm keeps one timer for the earliest deadline. It is re-armed lazily: a timer
// that is too early is left to fire, which costs less than a second one.
func (i *interpreter) arm(ctx workflow.Context) {
	deadline := i.state.Deadline()
	if deadline.IsZero() || !i.armedAt.IsZero() && !deadline.Before(i.armedAt) {
		return
	}
	if i.disarm != nil {
		i.disarm()
	}
	timerCtx, disarm := workflow.WithCancel(ctx)
	i.armedAt, i.disarm = deadline, disarm
	wait := max(deadline.Sub(workflow.Now(ctx)), time.Millisecond) // 0 would issue no command
	due := "a reminder or a deadline is due while "
	if deadline.Equal(i.state.LookAt) {
		due = "look at IDWise again if nothing comes while "
	}
	timer := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: due + string(i.state.Phase)})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) != nil {
			return // disarmed
		}
		i.fired, i.armedAt, i.disarm = true, time.Time{}, nil
	})
}
