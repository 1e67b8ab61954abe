package calendar

import (
	"time"

	"idjourney/journey"
)

// MaxReminders limits the reminders of one ladder: its instants go into a journey's history.
const MaxReminders = 12

// Declared is a ladder as configured, in working time since the clock started; a zero
// duration means that the rung does not exist.
type Declared struct {
	// Name is journey.LadderReview, or that of an alert's severity.
	Name string
	// RemindAfter is the first reminder and RemindEvery the interval of the others. They end
	// where the ladder escalates or, if it never does, with FinallyAt.
	RemindAfter, RemindEvery time.Duration
	// EscalateAt is when the waiting item is overdue.
	EscalateAt time.Duration
	// FinallyAt is when the policy decides instead of people, Finally how.
	FinallyAt time.Duration
	Finally   journey.Outcome
	Hours     Hours
}

// Reminders lists the reminders, in working time since the clock started; the first
// [MaxReminders] if there are more.
func (d Declared) Reminders() []time.Duration {
	if d.RemindAfter <= 0 {
		return nil
	}
	end := d.EscalateAt
	if end == 0 {
		end = d.FinallyAt
	}
	var list []time.Duration
	for at := d.RemindAfter; (end == 0 || at < end) && len(list) < MaxReminders; at += d.RemindEvery {
		list = append(list, at)
		if d.RemindEvery <= 0 {
			break
		}
	}
	return list
}

// Ladder computes the instants of the ladder for a clock, as seen at now. Reminders that are
// not after now are left out; the other rungs stay, even if they have passed. A stopped
// clock is assumed to continue from now.
func (d Declared) Ladder(clock journey.Clock, now time.Time) journey.Ladder {
	spent, since := time.Duration(clock.Spent), clock.Since
	l := journey.Ladder{Name: d.Name, Finally: d.Finally}
	if since.IsZero() {
		since = now
	}
	// Counted from where the clock started, so that the same clock always gives the same
	// instants.
	at := func(rung time.Duration) time.Time { return d.Hours.Add(since, rung-spent) }
	l.Spent = journey.Duration(spent + d.Hours.Between(since, now))
	for _, rung := range d.Reminders() {
		if t := at(rung); rung > spent && t.After(now) {
			l.Remind = append(l.Remind, t)
		}
	}
	if d.EscalateAt > 0 {
		l.EscalateAt = at(d.EscalateAt)
	}
	if d.FinallyAt > 0 {
		l.FinallyAt = at(d.FinallyAt)
	}
	return l
}
