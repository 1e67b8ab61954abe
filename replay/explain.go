package replay

import (
	"regexp"
	"strings"

	historypb "go.temporal.io/api/history/v1"
)

// breakage says where a run would break and why.
type breakage struct {
	event  int64
	reason string
}

// The SDK has no error types for these, only texts, which hold whole events and commands
// with their payloads. Only the type and an activity's name may be printed.
var (
	missing = regexp.MustCompile(`(?s)nondeterministic workflow: missing replay command for (\w+)(.*)`)
	extra   = regexp.MustCompile(`(?s)nondeterministic workflow: extra replay command for (\w+)(.*)`)
	other   = regexp.MustCompile(`(?s)nondeterministic workflow: history event is (\w+)(.*), replay command is (\w+)(.*)`)

	activityName = regexp.MustCompile(`ActivityType:\(Name:([\w.-]+)\)`)
	anyID        = regexp.MustCompile(`^: \((?:ActivityId|TimerId):(\w+)`)
)

// explain says in a sentence why this build would not give a worker's answer. The events
// are the answer itself and then what it commanded.
func explain(err error, events []*historypb.HistoryEvent) *breakage {
	text := err.Error()
	answer, last := events[0].GetEventId(), events[len(events)-1].GetEventId()
	if m := other.FindStringSubmatch(text); m != nil {
		return &breakage{place(events, m[1], m[2]),
			"the history has " + named(m[1], m[2]) + ", this build would give the command " + named(m[3], m[4])}
	}
	if m := missing.FindStringSubmatch(text); m != nil {
		return &breakage{place(events, m[1], m[2]), "the history has " + named(m[1], m[2]) + ", this build would do nothing there"}
	}
	if m := extra.FindStringSubmatch(text); m != nil {
		return &breakage{answer, "this build would give the command " + named(m[1], m[2]) + " besides, which the history does not have"}
	}
	switch {
	case strings.Contains(text, "doesn't return the same result as the last event"):
		return &breakage{last, "the history ends here, this build would go on"}
	case strings.Contains(text, "[TMPRL1100]"):
		return &breakage{answer, "this build would not do what the history has after this event"}
	case strings.Contains(text, "unknown SDK flag"):
		return &breakage{answer, "it was answered with a newer Temporal SDK than this build has"}
	default:
		return &breakage{answer, "this build panics over what the history holds"}
	}
}

// named is the type and, of an activity, its name.
func named(kind, text string) string {
	if m := activityName.FindStringSubmatch(text); m != nil {
		return kind + " " + m[1]
	}
	return kind
}

// place finds the event that the SDK wrote as kind and text.
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
