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

// over fills what l leaves open from base.
func (l Ladder) over(base Ladder) Ladder {
	l.RemindAfter = first(l.RemindAfter, base.RemindAfter)
	l.RemindEvery = first(l.RemindEvery, base.RemindEvery)
	l.EscalateAt = first(l.EscalateAt, base.EscalateAt)
	l.FinallyAt = first(l.FinallyAt, base.FinallyAt)
	l.Finally = first(l.Finally, base.Finally)
	return l
}

func (a AML) over(base AML) AML {
	if a.Severities == nil {
		a.Severities = base.Severities
	}
	a.Ladders.Low = a.Ladders.Low.over(base.Ladders.Low)
	a.Ladders.Medium = a.Ladders.Medium.over(base.Ladders.Medium)
	a.Ladders.High = a.Ladders.High.over(base.Ladders.High)
	return a
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

// ladderVersion is what the version of a policy has to follow of its ladders: they
// decide, too.
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
