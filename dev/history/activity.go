package history

import (
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// activity counts attempts. The server writes an activity's started event only
// when the activity ends, with the number of the attempt that ended it; so an
// ended activity has made that many attempts, and one whose end has no started
// event ended between two attempts.
func (c *counter) activity(e *historypb.HistoryEvent) {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		c.scheduled[e.GetEventId()] = e.GetActivityTaskScheduledEventAttributes()
		c.open[e.GetEventId()] = true
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		a := e.GetActivityTaskStartedEventAttributes()
		c.ended(a.GetScheduledEventId(), int(a.GetAttempt()))
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		c.endedUnstarted(e.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId())
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		c.endedUnstarted(e.GetActivityTaskCanceledEventAttributes().GetScheduledEventId())
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		c.endedUnstarted(e.GetActivityTaskFailedEventAttributes().GetScheduledEventId())
	}
}

// endedUnstarted does nothing for an activity whose started event was seen.
func (c *counter) endedUnstarted(scheduledID int64) {
	if c.open[scheduledID] {
		c.Unseen++
		c.ended(scheduledID, 1)
	}
}

func (c *counter) ended(scheduledID int64, attempts int) {
	delete(c.open, scheduledID)
	c.attempts(scheduledID, max(1, attempts))
}

func (c *counter) attempts(scheduledID int64, n int) {
	c.spend(KindActivity, n)
	c.Attempts[c.scheduled[scheduledID].GetActivityType().GetName()] += n
}
