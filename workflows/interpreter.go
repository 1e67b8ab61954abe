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
	// reviews are the updates that wait for what Step makes of them.
	reviews map[*journey.Reviewed]*reviewing
	settled bool // this run came to settle: worth a fresh history
}

// pending is an effect that has not been answered yet. Until is the end of its
// budget, fixed when it is first started and kept over continue-as-new.
type pending struct {
	journey.Effect
	Until   time.Time `json:"until,omitzero"`
	running bool
}

func newInterpreter(ctx workflow.Context, options Options, arg argument) *interpreter {
	i := &interpreter{
		options: options,
		reviews: map[*journey.Reviewed]*reviewing{},
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
	i.state, i.inbox, i.shown = arg.Carry.State, arg.Carry.Inbox, arg.Carry.Shown
	for _, p := range arg.Carry.Pending {
		i.pending = append(i.pending, &p)
	}
	return i
}

// handle registers what people may ask of a journey.
func (i *interpreter) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, journey.QueryState,
		func() (journey.State, error) { return i.state, nil },
		workflow.QueryHandlerOptions{Description: "The whole state of the journey."})
	if err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, journey.UpdateReview,
		func(ctx workflow.Context, r journey.Reviewed) error {
			waiting := &reviewing{}
			i.reviews[&r] = waiting
			i.inbox = append(i.inbox, journey.Input{Reviewed: &r})
			if err := workflow.Await(ctx, func() bool { return waiting.told }); err != nil {
				return err
			}
			return waiting.refused
		},
		workflow.UpdateHandlerOptions{
			Description: "Ends a local review: outcome approved or rejected, actor, reason.",
			Validator:   func(_ workflow.Context, r journey.Reviewed) error { return i.state.CheckReview(r) },
		})
}

// reviewing is an accepted update: the validator saw the state before other news of
// the same moment, so only telling says whether the review could still be decided.
type reviewing struct {
	told    bool
	refused error
}

// checkReview answers the update that brought this input, if one did.
func (i *interpreter) checkReview(in journey.Input) {
	if waiting := i.reviews[in.Reviewed]; waiting != nil {
		waiting.told, waiting.refused = true, i.state.CheckReview(*in.Reviewed)
		delete(i.reviews, in.Reviewed)
	}
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
	timer := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{
		Summary: "look at IDWise again if nothing comes while " + string(i.state.Phase),
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) != nil {
			return // disarmed
		}
		i.fired, i.armedAt, i.disarm = true, time.Time{}, nil
	})
}
