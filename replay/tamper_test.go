package replay_test

import (
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

type activityScheduled = *historypb.ActivityTaskScheduledEventAttributes

// inActivity changes the first schedule of the named activity.
func inActivity(name string, change func(activityScheduled)) func(*historypb.History) {
	return func(h *historypb.History) {
		for _, e := range h.Events {
			if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == name {
				change(a)
				return
			}
		}
	}
}

// upTo cuts the history after the first event of the type.
func upTo(kind enumspb.EventType) func(*historypb.History) {
	return func(h *historypb.History) {
		for i, e := range h.Events {
			if e.GetEventType() == kind {
				h.Events = h.Events[:i+1]
				return
			}
		}
	}
}

// becomes turns the first event of a type into an empty one of another type.
func becomes(kind, other enumspb.EventType) func(*historypb.History) {
	return func(h *historypb.History) {
		for i, old := range h.Events {
			if old.GetEventType() == kind {
				h.Events[i] = &historypb.HistoryEvent{EventId: old.GetEventId(), EventType: other}
				return
			}
		}
	}
}

// inArgument changes the text of the workflow's argument.
func inArgument(old, text string) func(*historypb.History) {
	return func(h *historypb.History) {
		p := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()[0]
		p.Data = []byte(strings.Replace(string(p.Data), old, text, 1))
	}
}

// withPrivate adds personal data, which must not be printed, to the headers and inputs of
// activities and signals.
func withPrivate(h *historypb.History) {
	header := &commonpb.Header{Fields: map[string]*commonpb.Payload{private: {Data: []byte(private)}}}
	for _, e := range h.Events {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			a.Header, a.Input.Payloads = header, append(a.Input.Payloads, &commonpb.Payload{Data: []byte(private)})
		}
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil {
			s.Identity, s.Header = private, header
		}
	}
}
