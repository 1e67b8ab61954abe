package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// state is what package journey keeps between two inputs.
type state interface {
	Start() journey.Start           // whose state it is, and the rules it is bound to
	Needs() []journey.AttentionItem // what needs a person
	Describe() string
	Attributes() journey.Attributes
	AtRest() bool
	Deadline() time.Time
	Closed() bool
	EndsAs() string // the result of a run that closes now; "" while it has none
	Addressed(e journey.Event) bool
}

// kind is what differs between the workflows that the interpreter runs.
type kind[S state] struct {
	name  string // of the workflow
	noun  string
	known known

	open    func(start journey.Start, now time.Time) S
	migrate func(raw []byte) (S, error)
	bind    func(s S, rules int) S
	apply   func(s S, in journey.Input, now time.Time) (S, []journey.Effect)

	// rested says that this input brought the state to a long rest, which is worth a new
	// history.
	rested func(before, after S) bool
	// due is the summary of the timer for the state's deadline.
	due func(s S) string
	// check says why the act of an update cannot be done, just before Apply takes it: the
	// update's validator ran before other inputs of the same moment.
	check func(s S, in journey.Input) error
	// answered says whether an update that Apply has taken has its answer, and which. It
	// is nil if every update is answered immediately.
	answered func(s S, cancelled bool) (done bool, refused error)
	handle   func(ctx workflow.Context, i *interpreter[S]) error
}

// interpreter is one run of a workflow.
type interpreter[S state] struct {
	kind[S]
	options Options
	state   S
	inbox   []journey.Input
	pending []*pending
	shown   journey.Attributes // as last written to the search attributes

	signals workflow.ReceiveChannel
	lanes   workflow.Context // every activity's context; cancelled to continue as new
	cancel  workflow.CancelFunc

	armedAt time.Time // instant of the one timer; zero if none
	disarm  workflow.CancelFunc
	fired   bool
	// cancelled says that an operator requested cancellation of the run.
	cancelled func() bool
	again     bool // an abandoned effect has to be started again
	updates   []*waiting
	fresh     bool // this run came to rest, which is worth a new history
}

// pending is an effect without an answer. Until is the end of its budget, set when it
// first starts and kept across continue-as-new.
type pending struct {
	journey.Effect
	Until   time.Time `json:"until,omitzero"`
	running bool
}

// interpret runs a workflow. Its argument is raw: an argument that the SDK cannot decode
// would close the workflow, while a panic here only fails the task, which waits for a
// worker that can read it.
func interpret[S state](ctx workflow.Context, k kind[S], options Options, raw converter.RawValue) (string, error) {
	// A cancel request must not interrupt the delivery of a decision, so the run uses a
	// context of its own and checks for the request where it may close.
	own, _ := workflow.NewDisconnectedContext(ctx)
	i := &interpreter[S]{
		kind: k, options: options, cancelled: func() bool { return ctx.Err() != nil },
		signals: workflow.GetSignalChannelWithOptions(own, journey.SignalEvent, workflow.SignalChannelOptions{
			Description: "A webhook's hint, or an operator's refresh: fetch from the API.",
		}),
	}
	i.lanes, i.cancel = workflow.WithCancel(own)
	i.resume(raw, workflow.Now(own).UTC())
	i.expect(own)
	failed := workflow.SetQueryHandlerWithOptions(own, journey.QueryState, func() (S, error) { return i.state, nil },
		workflow.QueryHandlerOptions{Description: "The whole state of the " + i.noun + "."})
	if err := errors.Join(failed, i.handle(own, i)); err != nil {
		return "", err
	}
	return i.run(own)
}

// run is the loop. At its head no batch is partly applied, so only here may the run close
// or continue as new.
func (i *interpreter[S]) run(ctx workflow.Context) (string, error) {
	for {
		i.drain(ctx)
		i.apply(ctx)
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

// drain moves every available signal into the inbox and processes none.
func (i *interpreter[S]) drain(ctx workflow.Context) {
	var raw converter.RawValue
	for i.signals.ReceiveAsync(&raw) {
		i.inbox = append(i.inbox, i.decodeEvent(ctx, raw))
	}
}

// apply passes the inbox and then a tick to Apply, so that what arrived together is judged
// together.
func (i *interpreter[S]) apply(ctx workflow.Context) {
	now := workflow.Now(ctx).UTC()
	inbox := i.inbox
	if !i.cancelled() {
		inbox = append(inbox, journey.Input{Tick: true})
	}
	i.inbox, i.fired, i.again = nil, false, false
	before := i.state
	for _, in := range inbox {
		i.checkUpdate(in)
		attention := i.state.Needs()
		var effects []journey.Effect
		i.state, effects = i.kind.apply(i.state, in, now)
		i.measure(ctx, in, attention, effects)
		for _, e := range effects {
			i.pending = append(i.pending, &pending{Effect: e})
		}
	}
	i.fresh = i.fresh || i.rested(before, i.state)
	i.answerUpdates()
}

func (i *interpreter[S]) woken(ctx workflow.Context) bool { return i.news() || i.mayClose(ctx) }

func (i *interpreter[S]) news() bool {
	return len(i.inbox) > 0 || i.signals.Len() > 0 || i.again || i.fired && !i.cancelled()
}

// mayClose says that the state is closed, or an operator has cancelled the run, and that
// every effect and every update is done and answered.
func (i *interpreter[S]) mayClose(ctx workflow.Context) bool {
	return (i.state.Closed() || i.cancelled()) && len(i.pending) == 0 && !i.news() && workflow.AllHandlersFinished(ctx)
}

// close ends the run. A later event starts the workflow again, from the ledger.
func (i *interpreter[S]) close() (string, error) {
	if result := i.state.EndsAs(); result != "" {
		return result, nil
	}
	return "", temporal.NewCanceledError("an operator cancelled the run; a later event starts it again")
}

// arm keeps one timer for the earliest deadline. It re-arms lazily: a timer that is too
// early may fire, which costs less than a second one.
func (i *interpreter[S]) arm(ctx workflow.Context) {
	deadline := i.state.Deadline()
	if deadline.IsZero() || !i.armedAt.IsZero() && !deadline.Before(i.armedAt) {
		return
	}
	if i.disarm != nil {
		i.disarm()
	}
	timerCtx, disarm := workflow.WithCancel(ctx)
	i.armedAt, i.disarm = deadline, disarm
	wait := max(deadline.Sub(workflow.Now(ctx)), time.Millisecond) // 0 issues no command
	timer := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: i.due(i.state)})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) != nil {
			return // disarmed
		}
		i.fired, i.armedAt, i.disarm = true, time.Time{}, nil
	})
}

// Why an accepted update is still refused.
var (
	errNextRun     = errors.New("the workflow is beginning a new run: try again")
	errRunCanceled = errors.New("an operator cancelled the run: a later event, or a refresh, starts it again")
)

// waiting is an accepted update. Only Apply, and for some updates the ledger, can say
// whether the act was possible.
type waiting struct {
	in      journey.Input
	applied bool
	done    bool
	refused error
}

// act passes an update's input to the loop and waits for the outcome.
func (i *interpreter[S]) act(ctx workflow.Context, in journey.Input) error {
	w := &waiting{in: in}
	i.updates = append(i.updates, w)
	i.inbox = append(i.inbox, in)
	if err := workflow.Await(ctx, func() bool { return w.done }); err != nil {
		return err
	}
	return w.refused
}

// checkUpdate checks the update that brought this input, if one did, and marks it.
func (i *interpreter[S]) checkUpdate(in journey.Input) {
	for _, w := range i.updates {
		if w.in == in {
			w.applied, w.refused = true, i.check(i.state, in)
			w.done = w.refused != nil
		}
	}
}

// answerUpdates answers each update whose input is applied and settled.
func (i *interpreter[S]) answerUpdates() {
	var open []*waiting
	for _, w := range i.updates {
		if w.applied && !w.done {
			w.done = true
			if i.answered != nil {
				w.done, w.refused = i.answered(i.state, i.cancelled())
			}
		}
		if !w.done {
			open = append(open, w)
		}
	}
	i.updates = open
}

// What only the workflow sees is counted here, by the metrics handler of Temporal's SDK.
// The handler is silent during replay, so nothing is counted twice except what a worker
// counted in a task that it did not complete.
const (
	metricAttention   = "idjourney_attention"
	metricAMLChanges  = "idjourney_aml_changes"
	metricCustomSteps = "idjourney_custom_steps"
)

// measure counts the effects of one input.
func (i *interpreter[S]) measure(ctx workflow.Context, in journey.Input, before []journey.AttentionItem, effects []journey.Effect) {
	for _, a := range i.state.Needs() {
		if !slices.Contains(before, a) {
			i.count(ctx, 1, metricAttention, "code", string(a.Code))
		}
	}
	var counted []string // there is an effect for each endpoint
	for _, e := range effects {
		if e.Publish != nil && e.Publish.Message.AML != nil && !slices.Contains(counted, e.Publish.Message.ID) {
			counted = append(counted, e.Publish.Message.ID)
			i.count(ctx, 1, metricAMLChanges)
		}
	}
	if in.Stepped != nil {
		i.count(ctx, 1, metricCustomSteps, "step", in.Stepped.Step, "outcome", string(stepOutcome(in.Stepped.Answer.Outcome)))
	}
}

// stepOutcome is one of three values, whatever a custom step answers.
func stepOutcome(o journey.StepOutcome) journey.StepOutcome {
	if o == journey.StepPassed || o == journey.StepFailed {
		return o
	}
	return journey.StepInconclusive
}

// expect initialises the counters that alerts use, so that they show 0: Prometheus sees no
// increase in a series that begins at 1.
func (i *interpreter[S]) expect(ctx workflow.Context) {
	for _, code := range journey.AttentionCodes() {
		i.count(ctx, 0, metricAttention, "code", string(code))
	}
	i.count(ctx, 0, metricAMLChanges)
}

// count adds n under labels given in pairs.
func (i *interpreter[S]) count(ctx workflow.Context, n int64, name string, labels ...string) {
	tags := map[string]string{"account": i.state.Start().Account}
	for l := 0; l+1 < len(labels); l += 2 {
		tags[labels[l]] = labels[l+1]
	}
	workflow.GetMetricsHandler(ctx).WithTags(tags).Counter(name).Inc(n)
}
