package workflows

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

const (
	// maxEvents and maxAge limit a run. The age also limits how long old code, old keys
	// and old policies stay in use.
	maxEvents = 300
	maxAge    = 90 * 24 * time.Hour
)

// argument is the only argument of a workflow: how to start, and from the second run on
// the state carried over.
type argument struct {
	journey.Start
	Carry *carry `json:"carry,omitempty"`
}

// carry is what one run passes to the next.
type carry struct {
	State   json.RawMessage    `json:"state"`
	Inbox   []journey.Input    `json:"inbox,omitempty"`
	Pending []pending          `json:"pending,omitempty"`
	Shown   journey.Attributes `json:"shown"`
}

// continueDue says whether this run should continue as new: when the state has come to
// rest, when the history is long, and, if something else wakes it, when the run is old. An
// update is answered in the run that accepted it.
func (i *interpreter[S]) continueDue(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	switch {
	case len(i.updates) > 0:
		return false
	case i.fresh && i.state.AtRest() && len(i.pending) == 0 && !i.woken(ctx):
		return true
	case info.GetContinueAsNewSuggested(), info.GetCurrentHistoryLength() > cmp.Or(i.options.MaxEvents, maxEvents):
		return true
	default:
		return workflow.Now(ctx).Sub(info.WorkflowStartTime) > maxAge
	}
}

// continueAsNew cancels the lanes, waits until it is known which effects were done, and
// carries everything over. It drains last, immediately before the command: a signal that
// arrives later fails the task, which is then repeated with the signal.
func (i *interpreter[S]) continueAsNew(ctx workflow.Context) error {
	i.cancel()
	for {
		idle := func() bool { return len(i.updates) > 0 || i.lanesIdle() && workflow.AllHandlersFinished(ctx) }
		if err := workflow.Await(ctx, idle); err != nil {
			return err
		}
		if len(i.updates) == 0 {
			break
		}
		// An update that arrived meanwhile waits for its answer, however long a lane takes.
		if i.answered == nil {
			i.apply(ctx)
		} else {
			i.refuseUpdates(errNextRun)
		}
	}
	i.drain(ctx)
	i.state = i.bind(i.state, i.known.rules)
	state, err := json.Marshal(i.state) //workflowcheck:ignore (map keys are sorted)
	if err != nil {                     // texts, numbers and times: a failure is a bug in the types
		panic(fmt.Sprintf("writing the state: %v", err))
	}
	next := argument{
		Start: i.state.Start(),
		Carry: &carry{State: state, Inbox: i.inbox, Shown: i.shown},
	}
	for _, p := range i.pending {
		next.Carry.Pending = append(next.Carry.Pending, *p)
	}
	return workflow.NewContinueAsNewError(ctx, i.name, next)
}

// refuseUpdates refuses the updates whose inputs wait for cancelled lanes.
func (i *interpreter[S]) refuseUpdates(why error) {
	for _, w := range i.updates {
		w.done, w.refused = true, why
		i.inbox = slices.DeleteFunc(i.inbox, func(in journey.Input) bool { return in == w.in })
	}
	i.updates = nil
}

func (i *interpreter[S]) lanesIdle() bool {
	return !slices.ContainsFunc(i.pending, func(p *pending) bool { return p.running })
}

// resume reads and migrates the argument. It panics at an argument that it cannot read
// and at unknown rules: the task then waits for a newer worker.
func (i *interpreter[S]) resume(raw converter.RawValue, now time.Time) {
	var arg argument
	mustDecode(raw, &arg)
	if arg.Carry == nil {
		i.state = i.open(arg.Start, now)
		i.shown = journey.Attributes{Phase: i.state.Attributes().Phase, Account: arg.Account}
	} else {
		var err error
		if i.state, err = i.migrate(arg.Carry.State); err != nil {
			panic(err.Error())
		}
		i.inbox, i.shown = arg.Carry.Inbox, arg.Carry.Shown
		for _, p := range arg.Carry.Pending {
			i.pending = append(i.pending, &p)
		}
	}
	start := i.state.Start()
	if err := i.known.check(start.Rules); err != nil {
		panic(err.Error())
	}
	if start.Account == "" || start.JourneyID+start.SpotID == "" {
		panic("the workflow's argument names no account, or no journey or spot check")
	}
}

// decodeEvent decodes one signal. A signal that is not an event for this workflow is
// quarantined: counted, raised for attention, and left in the history for inspection.
func (i *interpreter[S]) decodeEvent(ctx workflow.Context, raw converter.RawValue) journey.Input {
	var e journey.Event
	switch err := decode(raw, &e); {
	case err != nil:
		workflow.GetLogger(ctx).Error("quarantined a signal that is no event")
		return journey.Input{Quarantined: "unreadable"}
	case e.Type == journey.Refresh && e.Account == "" && e.JourneyID == "":
		// One batch command sends the same signal to thousands of workflows, so it cannot name
		// any of them.
		start := i.state.Start()
		e.Account, e.JourneyID = start.Account, start.JourneyID
	case !i.state.Addressed(e):
		workflow.GetLogger(ctx).Error("quarantined an event that is addressed elsewhere")
		return journey.Input{Quarantined: "misaddressed"}
	}
	return journey.Input{Event: &e}
}

func decode(raw converter.RawValue, to any) error {
	return converter.GetDefaultDataConverter().FromPayload(raw.Payload(), to)
}

func mustDecode(raw converter.RawValue, to any) {
	if err := decode(raw, to); err != nil {
		panic(fmt.Sprintf("reading a %T: %v", to, err))
	}
}

// Unknown means that a run is bound to something that this build does not know, so that
// its tasks wait for another build.
type Unknown struct{ Needs string }

// Error says which build is needed.
func (e *Unknown) Error() string { return "needs a build that knows " + e.Needs }

// known is what this build knows of one kind of workflow.
type known struct{ minRules, rules, state int }

func (k known) check(rules int) error {
	if rules < k.minRules || rules > k.rules {
		return &Unknown{Needs: fmt.Sprintf("rules %d (this one: %d to %d)", rules, k.minRules, k.rules)}
	}
	return nil
}

// CheckBound reads the argument of a run of the named workflow, and returns an *Unknown if
// this build cannot continue the run. Any other error means that the argument is not ours.
func CheckBound(name string, argument *commonpb.Payloads) error {
	k, ok := map[string]known{journeys.name: journeys.known, spotChecks.name: spotChecks.known}[name]
	if !ok {
		return &Unknown{Needs: fmt.Sprintf("workflows of type %q", name)}
	}
	var head struct {
		Rules int `json:"rules"`
		Carry *struct {
			State struct {
				Version int `json:"version"`
				Rules   int `json:"rules"`
			} `json:"state"`
		} `json:"carry"`
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(argument, &head); err != nil || head.Rules == 0 {
		return errors.New("its first event holds no argument of ours")
	}
	rules := head.Rules
	if head.Carry != nil {
		rules = head.Carry.State.Rules
		if v := head.Carry.State.Version; v < 1 || v > k.state {
			return &Unknown{Needs: fmt.Sprintf("state version %d (this one: 1 to %d)", v, k.state)}
		}
	}
	return k.check(rules)
}
