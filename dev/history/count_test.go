package history_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"

	"idjourney/dev/history"
)

func TestCount(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		events  []*historypb.HistoryEvent
		pending map[string]int
		want    history.Counts
	}{
		"a plain start": {
			events: number(started(), taskScheduled(), signaled(), signaled()),
			want:   counts(map[history.Kind]int{history.KindStart: 1, history.KindSignal: 2}, nil),
		},
		"signal-with-start is one, the next signal another": {
			events: number(started(), signaled(), taskScheduled(), signaled()),
			want:   counts(map[history.Kind]int{history.KindStart: 1, history.KindSignal: 1}, nil),
		},
		"a continued run costs no start, and its first signal counts": {
			events: number(continued(enumspb.CONTINUE_AS_NEW_INITIATOR_WORKFLOW), signaled(), taskScheduled(), continuedAsNew()),
			want:   counts(map[history.Kind]int{history.KindSignal: 1, history.KindContinueAsNew: 1}, nil),
		},
		"a run by a workflow's retry is a start": {
			events: number(continued(enumspb.CONTINUE_AS_NEW_INITIATOR_RETRY), taskScheduled()),
			want:   counts(map[history.Kind]int{history.KindStart: 1}, nil),
		},
		"a child is paid for by its parent": {
			events: number(startedBy("parent"), taskScheduled(), childInitiated()),
			want:   counts(map[history.Kind]int{history.KindChild: 2}, nil),
		},
		"each attempt of an activity": {
			events: number(scheduled("1", "Fetch"), startedAt(1, 3), completed(1), scheduled("2", "Fetch"), startedAt(4, 1), completed(4), scheduled("3", "Publish"), startedAt(7, 1), failed(7)),
			want: counts(map[history.Kind]int{history.KindActivity: 5},
				map[string]int{"Fetch": 4, "Publish": 1}),
		},
		"an open activity counts what it has used": {
			events:  number(scheduled("1", "Publish"), scheduled("2", "Publish"), scheduled("3", "Fetch")),
			pending: map[string]int{"1": 7, "2": 0},
			want: counts(map[history.Kind]int{history.KindActivity: 9},
				map[string]int{"Publish": 8, "Fetch": 1}),
		},
		"activities that ended between two attempts": {
			events: number(scheduled("1", "Publish"), timedOut(1), scheduled("2", "Publish"), canceled(3)),
			want: unseen(2, counts(map[history.Kind]int{history.KindActivity: 2},
				map[string]int{"Publish": 2})),
		},
		"an activity that timed out while running": {
			events: number(scheduled("1", "Fetch"), startedAt(1, 2), timedOut(1)),
			want:   counts(map[history.Kind]int{history.KindActivity: 2}, map[string]int{"Fetch": 2}),
		},
		"timers, also those that were cancelled": {
			events: number(timer(), timer(), event(enumspb.EVENT_TYPE_TIMER_CANCELED)),
			want:   counts(map[history.Kind]int{history.KindTimer: 2}, nil),
		},
		"upserts, but not the SDK's own": {
			events: number(upsert("JourneyPhase", "JourneyStanding"), upsert("TemporalChangeVersion"), upsert("TemporalChangeVersion", "JourneyPhase")),
			want:   counts(map[history.Kind]int{history.KindUpsert: 2}, nil),
		},
		"updates when accepted": {
			events: number(event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED), event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED)),
			want:   counts(map[history.Kind]int{history.KindUpdate: 1}, nil),
		},
		"local activities of one workflow task together": {
			events: number(marker("LocalActivity", 4), marker("LocalActivity", 4), marker("LocalActivity", 9), marker("Version", 9), marker("SideEffect", 9)),
			want:   counts(map[history.Kind]int{history.KindLocalActivities: 2, history.KindSideEffect: 1}, nil),
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.Events = len(tc.events)
			for _, e := range tc.events {
				tc.want.Bytes += proto.Size(e)
			}
			if diff := cmp.Diff(tc.want, history.Count(tc.events, tc.pending)); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

func counts(kinds map[history.Kind]int, attempts map[string]int) history.Counts {
	c := history.Counts{ByKind: kinds, Attempts: attempts}
	if attempts == nil {
		c.Attempts = map[string]int{}
	}
	for _, n := range kinds {
		c.Actions += n
	}
	return c
}

func unseen(n int, c history.Counts) history.Counts {
	c.Unseen = n
	return c
}

// number gives the events the ids they would have as a whole history.
func number(events ...*historypb.HistoryEvent) []*historypb.HistoryEvent {
	for i, e := range events {
		e.EventId = int64(i) + 1
	}
	return events
}

func event(kind enumspb.EventType) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: kind}
}

func startedWith(a *historypb.WorkflowExecutionStartedEventAttributes) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
	e.Attributes = &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: a}
	return e
}

func started() *historypb.HistoryEvent {
	return startedWith(&historypb.WorkflowExecutionStartedEventAttributes{})
}

func startedBy(parent string) *historypb.HistoryEvent {
	return startedWith(&historypb.WorkflowExecutionStartedEventAttributes{
		ParentWorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: parent}})
}

func continued(by enumspb.ContinueAsNewInitiator) *historypb.HistoryEvent {
	return startedWith(&historypb.WorkflowExecutionStartedEventAttributes{ContinuedExecutionRunId: "run-1", Initiator: by})
}

func signaled() *historypb.HistoryEvent { return event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) }
func taskScheduled() *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED)
}
func continuedAsNew() *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW)
}
func childInitiated() *historypb.HistoryEvent {
	return event(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED)
}
func timer() *historypb.HistoryEvent { return event(enumspb.EVENT_TYPE_TIMER_STARTED) }

func upsert(names ...string) *historypb.HistoryEvent {
	fields := make(map[string]*commonpb.Payload)
	for _, n := range names {
		fields[n] = &commonpb.Payload{}
	}
	e := event(enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)
	e.Attributes = &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{
		UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields}}}
	return e
}

func marker(name string, task int64) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_MARKER_RECORDED)
	e.Attributes = &historypb.HistoryEvent_MarkerRecordedEventAttributes{
		MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{MarkerName: name, WorkflowTaskCompletedEventId: task}}
	return e
}

func scheduled(id, activity string) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
	e.Attributes = &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
		ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
			ActivityId: id, ActivityType: &commonpb.ActivityType{Name: activity}}}
	return e
}

func startedAt(scheduledID int64, attempt int32) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED)
	e.Attributes = &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
		ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{ScheduledEventId: scheduledID, Attempt: attempt}}
	return e
}

func completed(scheduledID int64) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)
	e.Attributes = &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
		ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: scheduledID}}
	return e
}

func failed(scheduledID int64) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED)
	e.Attributes = &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
		ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{ScheduledEventId: scheduledID}}
	return e
}

func timedOut(scheduledID int64) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT)
	e.Attributes = &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
		ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{ScheduledEventId: scheduledID}}
	return e
}

func canceled(scheduledID int64) *historypb.HistoryEvent {
	e := event(enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED)
	e.Attributes = &historypb.HistoryEvent_ActivityTaskCanceledEventAttributes{
		ActivityTaskCanceledEventAttributes: &historypb.ActivityTaskCanceledEventAttributes{ScheduledEventId: scheduledID}}
	return e
}
