// Package workflows is the interpreter: it receives, calls journey.Apply, runs the
// effects as activities, feeds their answers back, and continues as new. It holds
// no rule about identities; those are in package journey.
//
// Only the loop in run changes the state. Signals, lanes and update handlers
// append to the inbox and nothing else, so that the order in which things are
// told to Apply is the order in which they are found in the history.
package workflows

import (
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// Limits are the time-outs and retries of one activity; they come from the
// worker's configuration, never from history, so that they can be changed under
// running journeys.
type Limits struct {
	StartToClose    time.Duration
	ScheduleToClose time.Duration
	Heartbeat       time.Duration
	Retry           Retry
}

// Retry is an activity's retry policy. MaximumAttempts 0 means as many as fit
// into ScheduleToClose.
type Retry struct {
	Initial         time.Duration
	Coefficient     float64
	MaximumInterval time.Duration
	MaximumAttempts int32
	NonRetryable    []string
}

// Options is what the interpreter takes from the worker's configuration.
type Options struct {
	// Limits answers for one of our own activities, by its name.
	Limits func(activity string) Limits
	// StepLimits answers for a declared custom step of an account.
	StepLimits func(account, step string) Limits
	// MaxEvents is the length of history above which a run continues as new; 300 if
	// 0. Tests lower it.
	MaxEvents int
}

// Workflows holds the workflow functions and their options.
type Workflows struct{ options Options }

// New returns the workflow functions, to be registered under explicit names.
func New(options Options) *Workflows { return &Workflows{options: options} }

// Journey is the workflow of one journey. Its argument is raw: an argument that
// the SDK could not decode would close the workflow, while a panic here only
// fails the task, which waits for a worker that can read it.
func (w *Workflows) Journey(ctx workflow.Context, raw converter.RawValue) (string, error) {
	arg, carried := decodeArgument(raw)
	// A cancel request must not cut off what is decided and not told yet, so the run
	// works on a context of its own and looks at the request where it may close.
	own, _ := workflow.NewDisconnectedContext(ctx)
	i := newInterpreter(own, w.options, arg, carried)
	i.cancelled = func() bool { return ctx.Err() != nil }
	i.expect(own)
	if err := i.handle(own); err != nil {
		return "", err
	}
	return i.run(own)
}

// run is the loop. At its head nothing of a batch is half told, so here, and only
// here, the run may close or continue as new.
func (i *interpreter) run(ctx workflow.Context) (string, error) {
	for {
		i.drain(ctx)
		i.tell(ctx)
		i.dispatch(ctx)
		i.show(ctx)
		if i.mayClose(ctx) {
			return i.close()
		}
		if i.continueDue(ctx) {
			return "", i.continueAsNew(ctx)
		}
		i.arm(ctx)
		if err := workflow.Await(ctx, func() bool { return i.woken(ctx) }); err != nil {
			return "", err
		}
	}
}

// drain moves every signal that is there into the inbox and runs nothing.
func (i *interpreter) drain(ctx workflow.Context) {
	var raw converter.RawValue
	for i.signals.ReceiveAsync(&raw) {
		i.inbox = append(i.inbox, i.decodeEvent(ctx, raw))
	}
}

// tell gives Step the inbox and then a tick, so that what arrived together is
// judged together.
func (i *interpreter) tell(ctx workflow.Context) {
	now := workflow.Now(ctx).UTC()
	inbox := i.inbox
	if !i.cancelled() {
		inbox = append(inbox, journey.Input{Tick: true})
	}
	i.inbox, i.fired, i.again = nil, false, false
	before := i.state.Phase
	for _, in := range inbox {
		i.check(in)
		var effects []journey.Effect
		attention := i.state.Attention
		i.state, effects = journey.Apply(i.state, in, now)
		i.measure(ctx, in, attention, effects)
		for _, e := range effects {
			i.pending = append(i.pending, &pending{Effect: e})
		}
	}
	if i.state.Phase != before && i.state.Phase == journey.Settled {
		i.settled = true
	}
}

func (i *interpreter) woken(ctx workflow.Context) bool { return i.news() || i.mayClose(ctx) }

func (i *interpreter) news() bool {
	return len(i.inbox) > 0 || i.signals.Len() > 0 || i.again || i.fired && !i.cancelled()
}

// mayClose says that the journey is over, or an operator has cancelled the run, and
// that everything it began is done and told, also to whoever asked by an update.
func (i *interpreter) mayClose(ctx workflow.Context) bool {
	return (i.state.Closed() || i.cancelled()) && len(i.pending) == 0 && !i.news() && workflow.AllHandlersFinished(ctx)
}

// close ends the run. A later event starts the journey again, from the ledger's
// standing.
func (i *interpreter) close() (string, error) {
	if i.cancelled() && !i.state.Closed() {
		return "", temporal.NewCanceledError("an operator cancelled the run; a later event starts it again")
	}
	return string(i.state.Phase), nil
}
