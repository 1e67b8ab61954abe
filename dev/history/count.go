// Package history reads what a workflow cost: the Actions, events and bytes of
// its whole continue-as-new chain, counted from its histories.
//
// An Action is the unit in which Temporal Cloud is priced. The rules followed
// are those Temporal publishes; what leaves no event (queries, heartbeats,
// refused updates, schedules) cannot be counted here.
package history

import (
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"
)

// Kind says what an Action was spent on.
type Kind string

// The kinds of Actions that a history shows.
const (
	KindStart           Kind = "start" // also signal-with-start, with its signal
	KindContinueAsNew   Kind = "continue_as_new"
	KindSignal          Kind = "signal"
	KindUpdate          Kind = "update"
	KindActivity        Kind = "activity" // every attempt
	KindLocalActivities Kind = "local_activities"
	KindTimer           Kind = "timer"
	KindUpsert          Kind = "search_attributes"
	KindChild           Kind = "child_workflow"
	KindSideEffect      Kind = "side_effect"
)

// Counts is what one run, or a chain of runs, amounts to.
type Counts struct {
	Actions int          `json:"actions"`
	Events  int          `json:"historyEvents"`
	Bytes   int          `json:"historyBytes"` // size of the events as protobuf
	ByKind  map[Kind]int `json:"actionsByKind"`
	// Attempts counts activity attempts by activity type.
	Attempts map[string]int `json:"activityAttempts"`
	// Unseen is the number of activities that ended while waiting for their next
	// attempt (cancelled, or out of time). The server keeps no count of their
	// attempts, so each is counted as one and Actions is a lower bound.
	Unseen int `json:"unseen,omitempty"`
}

// Count counts one run's history. pending holds the attempts made so far by
// activities that have not ended, by activity id: they are not in the history.
func Count(events []*historypb.HistoryEvent, pending map[string]int) Counts {
	c := counter{
		Counts:    newCounts(),
		pending:   pending,
		scheduled: make(map[int64]*historypb.ActivityTaskScheduledEventAttributes),
		open:      make(map[int64]bool),
		local:     make(map[int64]bool),
	}
	for _, e := range events {
		c.Events++
		c.Bytes += proto.Size(e)
		c.event(e)
	}
	for id := range c.open {
		c.attempts(id, max(1, pending[c.scheduled[id].GetActivityId()]))
	}
	return c.Counts
}

func newCounts() Counts {
	return Counts{ByKind: make(map[Kind]int), Attempts: make(map[string]int)}
}

// plus adds other's counts to c.
func (c *Counts) plus(other Counts) {
	c.Actions += other.Actions
	c.Events += other.Events
	c.Bytes += other.Bytes
	c.Unseen += other.Unseen
	for kind, n := range other.ByKind {
		c.ByKind[kind] += n
	}
	for activity, n := range other.Attempts {
		c.Attempts[activity] += n
	}
}

func (c *Counts) spend(kind Kind, n int) {
	c.Actions += n
	c.ByKind[kind] += n
}

// counter walks one history.
type counter struct {
	Counts
	pending   map[string]int
	scheduled map[int64]*historypb.ActivityTaskScheduledEventAttributes
	open      map[int64]bool // scheduled and not ended, by scheduled event id
	local     map[int64]bool // workflow tasks whose local activities are counted
	fresh     bool           // the run began by a start, not by continue-as-new
}

func (c *counter) event(e *historypb.HistoryEvent) {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		c.started(e.GetWorkflowExecutionStartedEventAttributes())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		c.spend(KindContinueAsNew, 1)
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		// Signal-with-start puts its signal right behind the start, before the first
		// workflow task: both together are one Action. (So would a signal during a
		// start delay, which no workflow of ours has.)
		if !c.fresh || e.GetEventId() != 2 {
			c.spend(KindSignal, 1)
		}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		c.spend(KindUpdate, 1)
	case enumspb.EVENT_TYPE_TIMER_STARTED:
		c.spend(KindTimer, 1)
	case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		c.upserted(e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes())
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		c.spend(KindChild, 2)
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		c.marker(e.GetMarkerRecordedEventAttributes())
	default:
		c.activity(e)
	}
}

func (c *counter) started(a *historypb.WorkflowExecutionStartedEventAttributes) {
	continued := a.GetContinuedExecutionRunId() != "" && a.GetInitiator() == enumspb.CONTINUE_AS_NEW_INITIATOR_WORKFLOW
	c.fresh = !continued
	// The run before has counted the continue-as-new, a parent its child.
	if !continued && a.GetParentWorkflowExecution() == nil {
		c.spend(KindStart, 1)
	}
}

// changeVersion is set by the SDK's own versioning and is free of charge.
const changeVersion = "TemporalChangeVersion"

func (c *counter) upserted(sa *commonpb.SearchAttributes) {
	if _, ok := sa.GetIndexedFields()[changeVersion]; ok && len(sa.GetIndexedFields()) == 1 {
		return
	}
	c.spend(KindUpsert, 1)
}

// marker knows the markers by the names that the Go SDK gives them.
func (c *counter) marker(a *historypb.MarkerRecordedEventAttributes) {
	switch a.GetMarkerName() {
	case "LocalActivity":
		// The local activities of one workflow task are one Action together.
		if task := a.GetWorkflowTaskCompletedEventId(); !c.local[task] {
			c.local[task] = true
			c.spend(KindLocalActivities, 1)
		}
	case "SideEffect", "MutableSideEffect":
		c.spend(KindSideEffect, 1)
	}
}
