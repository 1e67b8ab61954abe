package config

import (
	"time"

	"idjourney/calendar"
	"idjourney/journey"
)

// Review says how people are kept at a review.
type Review struct {
	Ladder Ladder `mapstructure:"ladder" doc:"When people are reminded of an open review, and what follows if nobody decides."`
}

// AML says how changes of AML matches are taken.
type AML struct {
	Severities []DatasetSeverity `mapstructure:"severities" doc:"How severe a change of a match is, by dataset; a change that concerns none of those listed is medium, of several the most severe counts. Default: SAN high, PEP medium. A list replaces the inherited one."`
	Ladders    AlertLadders      `mapstructure:"ladders" doc:"The same as review.ladder for the alerts of each severity."`
}

// DatasetSeverity is how severe a change of a match of one dataset is.
type DatasetSeverity struct {
	Dataset  string           `mapstructure:"dataset" doc:"IDWise's name of the dataset, for example SAN. Required."`
	Severity journey.Severity `mapstructure:"severity" doc:"low, medium or high. Required."`
}

// AlertLadders are the ladders of AML alerts by severity.
type AlertLadders struct {
	Low    Ladder `mapstructure:"low" doc:"Of alerts of low severity."`
	Medium Ladder `mapstructure:"medium" doc:"Of alerts of medium severity."`
	High   Ladder `mapstructure:"high" doc:"Of alerts of high severity."`
}

// Ladder says when people are reminded of what waits for them, and what follows if
// nobody acts. All times are working time since it began to wait.
type Ladder struct {
	RemindAfter time.Duration   `mapstructure:"remind_after" doc:"First reminder."`
	RemindEvery time.Duration   `mapstructure:"remind_every" doc:"Time between further reminders, which end at escalate_at, else at finally_at; at most 12 in all."`
	EscalateAt  time.Duration   `mapstructure:"escalate_at" doc:"From then on it is overdue."`
	FinallyAt   time.Duration   `mapstructure:"finally_at" doc:"When the policy decides because no person did; with finally."`
	Finally     journey.Outcome `mapstructure:"finally" doc:"What the policy then decides: rejected or on_hold; never approved. Without it, it waits on."`
}

// Ladders returns the ladders that apply to a journey of the flow with IDWise's id,
// as [Account.Policy] does: that of reviews, then those of AML alerts of low, medium
// and high severity.
func (a *Account) Ladders(flowID string) []calendar.Declared {
	p := a.declaredPolicy(flowID)
	hours := calendar.Plain()
	if c, ok := a.calendar(p.Calendar); ok {
		// Load refuses a calendar with a fault.
		hours, _ = c.hours()
	}
	return []calendar.Declared{
		p.Review.Ladder.declared(journey.LadderReview, hours),
		p.AML.Ladders.Low.declared(journey.AlertLadder(journey.SeverityLow), hours),
		p.AML.Ladders.Medium.declared(journey.AlertLadder(journey.SeverityMedium), hours),
		p.AML.Ladders.High.declared(journey.AlertLadder(journey.SeverityHigh), hours),
	}
}

func (a *Account) calendar(name string) (Calendar, bool) {
	for _, c := range a.calendars {
		if c.Name == name {
			return c, true
		}
	}
	return Calendar{}, false
}

// ladderVersion is the part of a policy's version that follows from its ladders, since
// ladders also decide.
func (a *Account) ladderVersion(p Policy) []byte {
	hours, _ := a.calendar(p.Calendar)
	hours.Name = ""
	return mustJSON(struct {
		Review Ladder
		AML    AlertLadders
		Hours  Calendar
	}{p.Review.Ladder, p.AML.Ladders, hours})
}

func (l Ladder) declared(name string, hours calendar.Hours) calendar.Declared {
	return calendar.Declared{
		Name: name, RemindAfter: l.RemindAfter, RemindEvery: l.RemindEvery,
		EscalateAt: l.EscalateAt, FinallyAt: l.FinallyAt, Finally: l.Finally, Hours: hours,
	}
}

// farthest bounds how far ahead a ladder may reach.
const farthest = 5 * 365 * 24 * time.Hour

func (l Ladder) validate(path string, hours calendar.Hours, found *faults) {
	l.validateFinally(path, found)
	end, name := l.EscalateAt, "escalate_at"
	if end == 0 {
		end, name = l.FinallyAt, "finally_at"
	}
	switch {
	case l.RemindEvery > 0 && l.RemindAfter == 0:
		found.add(path+".remind_every", "is set without remind_after: say when the first reminder is")
	case end > 0 && l.RemindAfter >= end:
		found.add(path+".remind_after", "(%s) is not before %s (%s): nobody would be reminded; correct one of them", shortDuration(l.RemindAfter), name, shortDuration(end))
	case l.RemindEvery > 0 && l.RemindAfter+(calendar.MaxReminders-1)*l.RemindEvery < end-l.RemindEvery:
		found.add(path+".remind_every", "(%s) makes more than %d reminders until %s (%s): remind less often", shortDuration(l.RemindEvery), calendar.MaxReminders, name, shortDuration(end))
	}
	longest := max(l.RemindAfter, l.EscalateAt, l.FinallyAt)
	if ahead := float64(longest) * float64(7*calendar.Day) / float64(hours.OpenPerWeek()); ahead > float64(farthest) {
		found.add(path, "reaches more than five years ahead in its calendar's hours: shorten it")
	}
}

// validateFinally refuses approval as the result of a timeout.
func (l Ladder) validateFinally(path string, found *faults) {
	switch {
	case l.Finally == "approve" || l.Finally == journey.OutcomeApproved:
		found.add(path+".finally", "cannot approve: that nobody decided is no evidence; write rejected or on_hold")
	case l.Finally != "":
		oneOf(found, path+".finally", string(l.Finally), string(journey.OutcomeRejected), string(journey.OutcomeOnHold))
	}
	switch {
	case l.Finally != "" && l.FinallyAt == 0:
		found.add(path+".finally_at", "is missing: say when the policy decides %s", l.Finally)
	case l.Finally == "" && l.FinallyAt != 0:
		found.add(path+".finally", "is missing: say what the policy decides at finally_at, rejected or on_hold")
	case l.FinallyAt != 0 && l.FinallyAt <= l.EscalateAt:
		found.add(path+".finally_at", "(%s) is not after escalate_at (%s): people are told before the policy decides for them", shortDuration(l.FinallyAt), shortDuration(l.EscalateAt))
	}
}
