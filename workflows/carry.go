package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

const (
	// maxEvents and maxAge bound a run. The age is also how long old code, old
	// keys and old policies can stay in use.
	maxEvents = 300
	maxAge    = 90 * 24 * time.Hour
)

// argument is the one argument of the workflow: what to start with, and from the
// second run on what was carried over.
type argument struct {
	journey.Start
	Carry *carry `json:"carry,omitempty"`
}

// carry is what one run hands to the next.
type carry struct {
	State   json.RawMessage    `json:"state"`
	Inbox   []journey.Input    `json:"inbox,omitempty"`
	Pending []pending          `json:"pending,omitempty"`
	Shown   journey.Attributes `json:"shown"`
}

// continueDue says whether this run should end: when the journey has settled,
// when the history is long, and, if something woke it anyway, when it is old.
func (i *interpreter) continueDue(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	switch {
	case i.settled && i.state.AtRest() && len(i.pending) == 0 && !i.woken(ctx):
		return true
	case info.GetContinueAsNewSuggested(), info.GetCurrentHistoryLength() > cmp.Or(i.options.MaxEvents, maxEvents):
		return true
	default:
		return workflow.Now(ctx).Sub(info.WorkflowStartTime) > maxAge
	}
}

// continueAsNew gives the lanes up, waits until it is known of each what was done
// and what was not, and takes everything along. Draining comes last, with nothing
// between it and the command: a signal that arrives later fails the task, and the
// task is then done again with it.
func (i *interpreter) continueAsNew(ctx workflow.Context) error {
	i.cancel()
	for {
		idle := func() bool { return len(i.updates) > 0 || i.lanesIdle() && workflow.AllHandlersFinished(ctx) }
		if err := workflow.Await(ctx, idle); err != nil {
			return err
		}
		if len(i.updates) == 0 {
			break
		}
		i.tell(ctx) // an update that came meanwhile waits for its answer, however long a lane takes
	}
	i.drain(ctx)
	i.state.Rules = journey.Rules
	state, err := json.Marshal(i.state) //workflowcheck:ignore (map keys are sorted)
	if err != nil {                     // texts, numbers and times: a failure is a bug in the types
		panic(fmt.Sprintf("writing the journey's state: %v", err))
	}
	next := argument{
		Start: journey.Start{Account: i.state.Account, JourneyID: i.state.JourneyID, Rules: journey.Rules},
		Carry: &carry{State: state, Inbox: i.inbox, Shown: i.shown},
	}
	for _, p := range i.pending {
		next.Carry.Pending = append(next.Carry.Pending, *p)
	}
	return workflow.NewContinueAsNewError(ctx, journey.WorkflowName, next)
}

func (i *interpreter) lanesIdle() bool {
	for _, p := range i.pending {
		if p.running {
			return false
		}
	}
	return true
}

// decodeArgument reads and migrates the argument. What it cannot read, and rules
// that it does not know, panic: the task waits for a newer worker.
func decodeArgument(raw converter.RawValue) (arg argument, carried journey.State) {
	mustDecode(raw, &arg)
	rules := arg.Rules
	if arg.Carry != nil {
		var err error
		if carried, err = journey.Migrate(arg.Carry.State); err != nil {
			panic(err.Error())
		}
		rules = carried.Rules
	}
	if rules < journey.MinRules || rules > journey.Rules {
		panic(fmt.Sprintf("the run is bound to rules %d, this worker knows %d to %d", rules, journey.MinRules, journey.Rules))
	}
	if arg.Account == "" || arg.JourneyID == "" {
		panic("the workflow's argument names no account or no journey")
	}
	return arg, carried
}

// decodeEvent reads one signal. A signal that is no event of this journey is
// quarantined: counted, raised, and left in the history to be looked at.
func (i *interpreter) decodeEvent(ctx workflow.Context, raw converter.RawValue) journey.Input {
	var e journey.Event
	switch err := decode(raw, &e); {
	case err != nil:
		workflow.GetLogger(ctx).Error("quarantined a signal that is no event")
		return journey.Input{Quarantined: "unreadable"}
	case e.Type == journey.Refresh && e.Account == "" && e.JourneyID == "":
		// One batch command sends the same signal to thousands of journeys, so it
		// cannot name any of them.
		e.Account, e.JourneyID = i.state.Account, i.state.JourneyID
	case e.Type == "" || e.Account != i.state.Account || e.JourneyID != i.state.JourneyID:
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
