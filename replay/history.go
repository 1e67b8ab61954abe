package replay

import (
	"errors"
	"fmt"
	"io/fs"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// run is one run of a workflow, as in its history.
type run struct {
	WorkflowID, Type, RunID string
	// Open says that the history has no closing event: the run was open when it was
	// exported.
	Open   bool
	events []*historypb.HistoryEvent
}

// Why a file cannot be read. The JSON reader's errors are not passed on, because they
// quote the file.
var (
	errNoHistory = errors.New("it is no history as JSON, as `temporal workflow show --output json` and the Web UI's Download write it")
	errCut       = errors.New("its events are not complete and in order from the first one on")
)

// read reads one history as the `temporal` CLI, the Web UI or [Exporter] writes it.
func read(dir fs.FS, name string) (run, error) {
	file, err := dir.Open(name)
	if err != nil {
		return run{}, fmt.Errorf("opening it: %w", err)
	}
	defer func() { _ = file.Close() }()
	h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	if err != nil || len(h.GetEvents()) == 0 {
		return run{}, errNoHistory
	}
	for i, e := range h.GetEvents() {
		if e.GetEventId() != int64(i+1) || e.GetWorkflowTaskCompletedEventAttributes().GetScheduledEventId() > int64(i) {
			return run{}, errCut
		}
	}
	started := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	if started == nil {
		return run{}, errCut
	}
	last := h.GetEvents()[len(h.GetEvents())-1]
	return run{
		WorkflowID: started.GetWorkflowId(), Type: started.GetWorkflowType().GetName(), RunID: started.GetOriginalExecutionRunId(),
		Open: !closing(last.GetEventType()), events: h.GetEvents(),
	}, nil
}

func closing(t enumspb.EventType) bool {
	switch t {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		return true
	default:
		return false
	}
}

// replayed is the part of the history that a replay can compare. It leaves out a workflow
// task at the end that no worker has answered, because the SDK would leave out the answer
// before that one as well.
func (r run) replayed() []*historypb.HistoryEvent {
	events := r.events
	for n := len(events); n > 0; n-- {
		switch events[n-1].GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
			events = events[:n-1]
		default:
			return events
		}
	}
	return events
}

// answered returns the indexes of the workers' answers, in order.
func answered(events []*historypb.HistoryEvent) (places []int) {
	for i, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			places = append(places, i)
		}
	}
	return places
}
