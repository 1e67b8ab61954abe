package replay

import (
	"errors"
	"fmt"
	"log/slog"
	"sort"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/workflows"
)

// Register registers the workflows of this build, as its worker does.
type Register func(worker.WorkflowRegistry)

// breakage says where a run would break and why. The event is 0 if no single one is the
// cause.
type breakage struct {
	event  int64
	reason string
}

// check replays the run; nil means that it would go on. An error means that the file does
// not hold a run of idjourney's.
func (register Register) check(r run) (*breakage, error) {
	started := r.events[0].GetWorkflowExecutionStartedEventAttributes()
	var unknown *workflows.Unknown
	switch err := workflows.CheckBound(r.Type, started.GetInput()); {
	case errors.As(err, &unknown):
		return &breakage{event: 1, reason: unknown.Error()}, nil
	case err != nil:
		return nil, fmt.Errorf("%w; of the Web UI's Download leave out decoding", err)
	}
	events := r.replayed()
	if len(answered(events)) == 0 {
		return nil, nil // no worker has answered yet, so there is nothing to compare
	}
	err := register.replay(r, events)
	if err == nil {
		return nil, nil
	}
	return register.locate(r, events, err), nil
}

// replay replays the first events of a run as the worker would: with the default data
// converter, and without interceptors that issue commands. Deadlock detection is off,
// because a slow machine would trigger it.
func (register Register) replay(r run, events []*historypb.HistoryEvent) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DisableRegistrationAliasing: true, DisableDeadlockDetection: true,
	})
	if err != nil {
		return fmt.Errorf("preparing the replay: %w", err)
	}
	register(replayer)
	return replayer.ReplayWorkflowHistoryWithOptions(log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		&historypb.History{Events: events},
		worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: r.WorkflowID, RunID: r.RunID}})
}

// locate finds the first of the workers' answers that this build would not give. If the
// replay up to one answer fails, it also fails up to every later one.
func (register Register) locate(r run, events []*historypb.HistoryEvent, whole error) *breakage {
	answers := answered(events)
	end := func(i int) int64 { // of the events that belong to answer i; event n is at place n-1
		if i+1 == len(answers) {
			return int64(len(events))
		}
		return events[answers[i+1]].GetWorkflowTaskCompletedEventAttributes().GetScheduledEventId() - 1
	}
	found := sort.Search(len(answers)-1, func(i int) bool { return register.replay(r, events[:end(i)]) != nil })
	err := whole
	if found < len(answers)-1 {
		err = register.replay(r, events[:end(found)])
	}
	return explain(err, events[answers[found]:end(found)])
}
