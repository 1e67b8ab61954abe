package config

import (
	"reflect"
	"time"

	"idjourney/calendar"
	"idjourney/journey"
)

// Review says how people are kept at a review.
type Review struct {
	Ladder Ladder `yaml:"ladder" doc:"When people are reminded of an open review, and what follows if nobody decides."`
}

// AML says how changes of AML matches are taken.
type AML struct {
	Severities []DatasetSeverity `yaml:"severities" doc:"How severe a change of a match is, by dataset; a change that concerns none of those listed is medium, of several the most severe counts. Default: SAN high, PEP medium. A list replaces the inherited one."`
	Ladders    AlertLadders      `yaml:"ladders" doc:"The same as review.ladder for the alerts of each severity."`
}

// DatasetSeverity is how severe a change of a match of one dataset is.
type DatasetSeverity struct {
	Dataset  string           `yaml:"dataset" doc:"IDWise's name of the dataset, for example SAN. Required."`
	Severity journey.Severity `yaml:"severity" check:"oneof=low,medium,high" doc:"low, medium or high. Required."`
}

// AlertLadders are the ladders of AML alerts by severity.
type AlertLadders struct {
	Low    Ladder `yaml:"low" doc:"Of alerts of low severity."`
	Medium Ladder `yaml:"medium" doc:"Of alerts of medium severity."`
	High   Ladder `yaml:"high" doc:"Of alerts of high severity."`
}

// Ladder says when people are reminded of what waits for them, and what follows if they do
// not act. All times are working time since it began to wait.
type Ladder struct {
	RemindAfter time.Duration   `yaml:"remind_after" doc:"First reminder."`
	RemindEvery time.Duration   `yaml:"remind_every" doc:"Time between further reminders, which end at escalate_at, else at finally_at; at most 12 in all."`
	EscalateAt  time.Duration   `yaml:"escalate_at" doc:"From then on it is overdue."`
	FinallyAt   time.Duration   `yaml:"finally_at" doc:"When the policy decides because no person did; with finally."`
	Finally     journey.Outcome `yaml:"finally" doc:"What the policy then decides: rejected or on_hold; never approved. Without it, it waits on."`
}

// Ladders returns the ladders that apply to a journey of the flow with IDWise's id: that of
// reviews, then those of AML alerts of low, medium and high severity.
func (a *Account) Ladders(flowID string) []calendar.Declared {
	p := a.declaredPolicy(flowID)
	hours, _ := hoursOf(a.calendars, p.Calendar) // Load refuses a calendar with a fault
	var list []calendar.Declared
	for _, l := range p.ladders() {
		list = append(list, calendar.Declared{
			Name: l.name, RemindAfter: l.RemindAfter, RemindEvery: l.RemindEvery,
			EscalateAt: l.EscalateAt, FinallyAt: l.FinallyAt, Finally: l.Finally, Hours: hours,
		})
	}
	return list
}

// namedLadder is a ladder, its name in a journey and its key below the policy.
type namedLadder struct {
	Ladder
	name, key string
}

func (p Policy) ladders() []namedLadder {
	return []namedLadder{
		{p.Review.Ladder, journey.LadderReview, ".review.ladder"},
		{p.AML.Ladders.Low, journey.AlertLadder(journey.SeverityLow), ".aml.ladders.low"},
		{p.AML.Ladders.Medium, journey.AlertLadder(journey.SeverityMedium), ".aml.ladders.medium"},
		{p.AML.Ladders.High, journey.AlertLadder(journey.SeverityHigh), ".aml.ladders.high"},
	}
}

// hoursOf returns the hours of the calendar of that name; without one, every hour counts.
func hoursOf(calendars []Calendar, name string) (calendar.Hours, error) {
	c, ok := find(calendars, func(c Calendar) bool { return c.Name == name })
	if !ok {
		return calendar.Plain(), nil
	}
	return c.hours()
}

// ladderVersion is the ladders' part of a policy's version: they also decide.
func (a *Account) ladderVersion(p Policy) []byte {
	hours, _ := find(a.calendars, func(c Calendar) bool { return c.Name == p.Calendar })
	hours.Name = ""
	return mustJSON(struct {
		Review Ladder
		AML    AlertLadders
		Hours  Calendar
	}{p.Review.Ladder, p.AML.Ladders, hours})
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
	ahead := float64(longest) * float64(7*calendar.Day) / float64(hours.OpenPerWeek())
	found.addIf(ahead > float64(farthest), path, "reaches more than five years ahead in its calendar's hours: shorten it")
}

// validateFinally refuses approval as the result of a timeout.
func (l Ladder) validateFinally(path string, found *faults) {
	switch {
	case l.Finally == "approve" || l.Finally == journey.OutcomeApproved:
		found.add(path+".finally", "cannot approve: that nobody decided is no evidence; write rejected or on_hold")
	case l.Finally != "":
		oneOf(found, path+".finally", reflect.ValueOf(l.Finally), "rejected,on_hold")
	}
	found.addIf(l.Finally != "" && l.FinallyAt == 0, path+".finally_at", "is missing: say when the policy decides %s", l.Finally)
	found.addIf(l.Finally == "" && l.FinallyAt != 0, path+".finally",
		"is missing: say what the policy decides at finally_at, rejected or on_hold")
	found.addIf(l.Finally != "" && l.FinallyAt != 0 && l.FinallyAt <= l.EscalateAt, path+".finally_at",
		"(%s) is not after escalate_at (%s): people are told before the policy decides for them", shortDuration(l.FinallyAt), shortDuration(l.EscalateAt))
}
