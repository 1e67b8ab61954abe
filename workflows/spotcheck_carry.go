package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// spotArgument is the one argument of the workflow: what to start with, and from the
// second run on what was carried over.
type spotArgument struct {
	journey.SpotStart
	Carry *spotCarry `json:"carry,omitempty"`
}

// spotCarry is what one run hands to the next.
type spotCarry struct {
	State   journey.SpotState   `json:"state"`
	Inbox   []journey.SpotInput `json:"inbox,omitempty"`
	Pending []spotPending       `json:"pending,omitempty"`
	Shown   journey.Attributes  `json:"shown"`
}

// continueDue says whether this run should end: a spot check that nobody links is
// looked at daily. An update is answered in the run that took it.
func (i *spotInterpreter) continueDue(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	due := info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() > maxEvents ||
		workflow.Now(ctx).Sub(info.WorkflowStartTime) > maxAge
	return due && i.linking == nil
}

// continueAsNew gives the lanes up, waits until it is known of each what was done, and
// takes everything along. Draining comes last, with nothing after it.
func (i *spotInterpreter) continueAsNew(ctx workflow.Context) error {
	i.cancel()
	for {
		idle := func() bool { return i.lanesIdle() && (i.linking != nil || workflow.AllHandlersFinished(ctx)) }
		if err := workflow.Await(ctx, idle); err != nil {
			return err
		}
		if i.linking == nil {
			break
		}
		i.inbox = slices.DeleteFunc(i.inbox, func(in journey.SpotInput) bool { return in.Linked != nil })
		i.refuseLink(errNextRun) // it came meanwhile
	}
	i.drain(ctx)
	next := spotArgument{
		SpotStart: journey.SpotStart{Account: i.state.Account, SpotID: i.state.SpotID, Rules: journey.SpotRules},
		Carry:     &spotCarry{State: i.state, Inbox: i.inbox, Shown: i.shown},
	}
	next.Carry.State.Rules = journey.SpotRules
	for _, p := range i.pending {
		next.Carry.Pending = append(next.Carry.Pending, *p)
	}
	return workflow.NewContinueAsNewError(ctx, journey.SpotCheckWorkflowName, next)
}

func (i *spotInterpreter) lanesIdle() bool {
	return !slices.ContainsFunc(i.pending, func(p *spotPending) bool { return p.running })
}

// decodeSpotArgument reads the argument. What it cannot read, and rules that it does
// not know, panic: the task waits for a newer worker.
func decodeSpotArgument(raw converter.RawValue) spotArgument {
	var arg spotArgument
	mustDecode(raw, &arg)
	rules := arg.Rules
	if arg.Carry != nil {
		rules = arg.Carry.State.Rules
		if v := arg.Carry.State.Version; v < 1 || v > journey.SpotStateVersion {
			panic(fmt.Sprintf("the spot check's state has version %d, this worker knows 1 to %d", v, journey.SpotStateVersion))
		}
	}
	if rules < journey.MinSpotRules || rules > journey.SpotRules {
		panic(fmt.Sprintf("the run is bound to rules %d, this worker knows %d to %d", rules, journey.MinSpotRules, journey.SpotRules))
	}
	if arg.Account == "" || arg.SpotID == "" {
		panic("the workflow's argument names no account or no spot check")
	}
	return arg
}

// decodeEvent reads one signal; what is no event of this spot check is quarantined.
func (i *spotInterpreter) decodeEvent(ctx workflow.Context, raw converter.RawValue) journey.SpotInput {
	var e journey.Event
	switch err := decode(raw, &e); {
	case err != nil:
		workflow.GetLogger(ctx).Error("quarantined a signal that is no event")
		return journey.SpotInput{Quarantined: "unreadable"}
	case e.Type == journey.Refresh && e.Account == "" && e.JourneyID == "": // by a batch command
	case e.Type != journey.FinishedSpotCheck || e.Account != i.state.Account || e.Hint.SpotCheck != i.state.SpotID:
		workflow.GetLogger(ctx).Error("quarantined an event that is addressed elsewhere")
		return journey.SpotInput{Quarantined: "misaddressed"}
	}
	return journey.SpotInput{Event: &e}
}
