package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// SpotCheck is the workflow of one spot check: the interpreter of journey.SpotApply, as
// Journey is that of journey.Apply. Its argument is raw for the same reason.
func (w *Workflows) SpotCheck(ctx workflow.Context, raw converter.RawValue) (string, error) {
	arg := decodeSpotArgument(raw)
	// What is decided is told even if the run is cancelled: see Journey.
	own, _ := workflow.NewDisconnectedContext(ctx)
	i := newSpotInterpreter(own, w.options, arg)
	i.cancelled = func() bool { return ctx.Err() != nil }
	if err := i.handle(own); err != nil {
		return "", err
	}
	return i.run(own)
}

// spotInterpreter is one run of a spot check's workflow.
type spotInterpreter struct {
	options Options
	state   journey.SpotState
	inbox   []journey.SpotInput
	pending []*spotPending
	shown   journey.Attributes // as last written to the search attributes
	alarm   alarm

	signals   workflow.ReceiveChannel
	lanes     workflow.Context // every activity's context; cancelled to continue as new
	cancel    workflow.CancelFunc
	cancelled func() bool
	linking   *linking // the update link that waits for its answer; nil if none does
}

func newSpotInterpreter(ctx workflow.Context, options Options, arg spotArgument) *spotInterpreter {
	i := &spotInterpreter{
		options: options,
		signals: workflow.GetSignalChannelWithOptions(ctx, journey.SignalEvent, workflow.SignalChannelOptions{
			Description: "A webhook's hint, or an operator's refresh: the spot check looks at the API.",
		}),
	}
	i.lanes, i.cancel = workflow.WithCancel(ctx)
	if arg.Carry == nil {
		i.state = journey.OpenSpot(arg.SpotStart, workflow.Now(ctx).UTC())
		i.shown = journey.Attributes{Phase: journey.PhaseSpotCheck, Account: i.state.Account}
		return i
	}
	i.state, i.inbox, i.shown = arg.Carry.State, arg.Carry.Inbox, arg.Carry.Shown
	for _, p := range arg.Carry.Pending {
		i.pending = append(i.pending, &p)
	}
	return i
}

// run is the loop; only here may the run close or continue as new.
func (i *spotInterpreter) run(ctx workflow.Context) (string, error) {
	for {
		i.drain(ctx)
		i.tell(ctx)
		i.dispatch(ctx)
		i.show(ctx)
		if i.mayClose(ctx) && !i.news() {
			return i.close()
		}
		if i.continueDue(ctx) {
			return "", i.continueAsNew(ctx)
		}
		i.alarm.arm(ctx, i.state.Deadline(), "look for the spot check again if nothing comes")
		if err := workflow.Await(ctx, func() bool { return i.news() || i.mayClose(ctx) }); err != nil {
			return "", err
		}
	}
}

// drain moves every signal that is there into the inbox and runs nothing.
func (i *spotInterpreter) drain(ctx workflow.Context) {
	var raw converter.RawValue
	for i.signals.ReceiveAsync(&raw) {
		i.inbox = append(i.inbox, i.decodeEvent(ctx, raw))
	}
}

// tell gives SpotApply the inbox and then a tick.
func (i *spotInterpreter) tell(ctx workflow.Context) {
	now := workflow.Now(ctx).UTC()
	inbox := i.inbox
	if !i.cancelled() {
		inbox = append(inbox, journey.SpotInput{Tick: true})
	}
	i.inbox, i.alarm.fired = nil, false
	for _, in := range inbox {
		i.checkLink(in)
		var effects []journey.SpotEffect
		before := i.state.Attention
		i.state, effects = journey.SpotApply(i.state, in, now)
		i.countAttention(ctx, before)
		for _, e := range effects {
			i.pending = append(i.pending, &spotPending{SpotEffect: e})
		}
	}
	i.answerLink()
}

func (i *spotInterpreter) news() bool {
	return len(i.inbox) > 0 || i.signals.Len() > 0 || i.alarm.fired && !i.cancelled()
}

// mayClose says that the spot check is over, or an operator has cancelled the run, and
// that everything it began is done, told and answered.
func (i *spotInterpreter) mayClose(ctx workflow.Context) bool {
	return (i.state.Closed() || i.cancelled()) && len(i.pending) == 0 && workflow.AllHandlersFinished(ctx)
}

func (i *spotInterpreter) close() (string, error) {
	switch {
	case i.state.Decision != nil:
		return string(i.state.Decision.Outcome), nil
	case i.state.Unknown:
		return string(journey.Unknown), nil
	default:
		return "", temporal.NewCanceledError("an operator cancelled the run; a later event starts it again")
	}
}

// show writes the sentence that an operator reads and, when the spot check rests, the
// search attributes.
func (i *spotInterpreter) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, i.state.Describe())
	now := i.state.Attributes()
	if !i.state.AtRest() || worthShowing(now) == worthShowing(i.shown) {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates(i.shown, now)...); err != nil {
		panic(err) // see interpreter.show
	}
	i.shown = now
}
