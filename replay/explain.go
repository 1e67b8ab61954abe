package replay

import (
	"regexp"
	"strings"

	historypb "go.temporal.io/api/history/v1"
)

// The SDK has no error types for these, only texts, which hold whole events and commands
// with their payloads. Only the type and an activity's name may be printed.
var (
	missing = regexp.MustCompile(`nondeterministic workflow: missing replay command for (\w+)`)
	extra   = regexp.MustCompile(`nondeterministic workflow: extra replay command for (\w+)`)
	other   = regexp.MustCompile(`nondeterministic workflow: history event is (\w+)(?s:.*), replay command is (\w+)`)

	activityName = regexp.MustCompile(`ActivityType:\(Name:([\w.-]+)\)`)
	anyID        = regexp.MustCompile(`^\w+: \((?:ActivityId|TimerId):(\w+)`)
)

// explain says in a sentence why this build would not give a worker's answer. The events
// are the answer itself and then what it commanded.
func explain(err error, events []*historypb.HistoryEvent) *breakage {
	text := err.Error()
	answer, last := events[0].GetEventId(), events[len(events)-1].GetEventId()
	switch {
	case other.MatchString(text):
		at := strings.LastIndex(text, ", replay command is ")
		was, would := text[:at], text[at:]
		return &breakage{
			event:  place(events, other.FindStringSubmatch(text)[1], was[strings.Index(was, "history event is ")+len("history event is "):]),
			reason: "the history has " + named(other.FindStringSubmatch(text)[1], was) + ", this build would give the command " + named(other.FindStringSubmatch(text)[2], would),
		}
	case missing.MatchString(text):
		kind := missing.FindStringSubmatch(text)[1]
		rest := text[missing.FindStringIndex(text)[1]-len(kind):]
		return &breakage{event: place(events, kind, rest), reason: "the history has " + named(kind, rest) + ", this build would do nothing there"}
	case extra.MatchString(text):
		return &breakage{event: answer, reason: "this build would give the command " + named(extra.FindStringSubmatch(text)[1], text) + " besides, which the history does not have"}
	case strings.Contains(text, "doesn't return the same result as the last event"):
		return &breakage{event: last, reason: "the history ends here, this build would go on"}
	case strings.Contains(text, "[TMPRL1100]"):
		return &breakage{event: answer, reason: "this build would not do what the history has after this event"}
	case strings.Contains(text, "unknown SDK flag"):
		return &breakage{event: answer, reason: "it was answered with a newer Temporal SDK than this build has"}
	default:
		return &breakage{event: answer, reason: "this build panics over what the history holds"}
	}
}

// named is the type and, of an activity, its name.
func named(kind, text string) string {
	if m := activityName.FindStringSubmatch(text); m != nil {
		return kind + " " + m[1]
	}
	return kind
}

// place finds the event that the SDK wrote as text.
func place(events []*historypb.HistoryEvent, kind, text string) int64 {
	id := ""
	if m := anyID.FindStringSubmatch(text); m != nil {
		id = m[1]
	}
	for _, e := range events {
		if e.GetEventType().String() != kind {
			continue
		}
		has := e.GetActivityTaskScheduledEventAttributes().GetActivityId() + e.GetTimerStartedEventAttributes().GetTimerId() +
			e.GetTimerCanceledEventAttributes().GetTimerId()
		if id == "" || has == "" || has == id {
			return e.GetEventId()
		}
	}
	return events[0].GetEventId()
}
