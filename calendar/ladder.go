package calendar

import (
	"time"

	"idjourney/journey"
)

// MaxReminders bounds the reminders of one ladder: its instants travel into a
// journey's history.
const MaxReminders = 12

// Declared is a ladder as the configuration declares it, in working time since the
// clock began; a zero duration means that there is no such rung.
type Declared struct {
	// Name is journey.LadderReview, or that of an alert's severity.
	Name string
	// RemindAfter is the first reminder, RemindEvery the time between the others,
	// which end where the ladder escalates or, if it never does, with FinallyAt.
	RemindAfter, RemindEvery time.Duration
	// EscalateAt is when what waits is overdue.
	EscalateAt time.Duration
	// FinallyAt is when the policy decides in people's place, Finally what.
	FinallyAt time.Duration
	Finally   journey.Outcome
	Hours     Hours
}

// Reminders lists when people are reminded, in working time since the clock began;
// the first [MaxReminders] if there are more.
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

// Ladder computes the instants of the ladder for a clock, as seen at now. Reminders
// that are not after now are left out; the other rungs stay, though they may have
// passed. A clock that stands still is taken to run on from now.
func (d Declared) Ladder(clock journey.Clock, now time.Time) journey.Ladder {
	spent, since := time.Duration(clock.Spent), clock.Since
	l := journey.Ladder{Name: d.Name, Finally: d.Finally}
	if since.IsZero() {
		since = now
	}
	// Counted from where the clock began to run, so that the same clock has the same
	// instants whenever it is asked.
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
