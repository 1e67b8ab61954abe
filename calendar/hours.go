// Package calendar counts time in working hours and turns declared ladders of reminders into
// instants. It is never used inside a workflow: time-zone data differ between builds, so that
// a replay could count otherwise.
package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// Day is the length of a day in wall-clock time, which is not always that of the day itself.
const Day = 24 * time.Hour

// Span is a part of a day from From until just before To, both in wall-clock time since
// midnight; To may be [Day].
type Span struct{ From, To time.Duration }

// Hours says when people work: by day of the week, with exceptions for dates, in one time
// zone. Time skipped by the change to summer time is not counted, and time repeated by the
// change back is counted twice. The zero Hours is [Plain].
type Hours struct {
	zone   *time.Location
	weekly map[time.Weekday][]Span
	dates  map[Date][]Span
}

// Plain is every hour of every day: working time equals elapsed time.
func Plain() Hours { return Hours{} }

// NewHours returns the hours of the week in a zone. A date in dates has its own spans, none
// if it is closed. The error is a sentence: a span is not part of a day, spans overlap, or
// the week is never open.
func NewHours(zone *time.Location, weekly map[time.Weekday][]Span, dates map[Date][]Span) (Hours, error) {
	if zone == nil {
		return Hours{}, errors.New("there is no time zone")
	}
	h := Hours{zone: zone}
	var err error
	if h.weekly, err = ordered(weekly); err != nil {
		return Hours{}, err
	}
	if h.dates, err = ordered(dates); err != nil {
		return Hours{}, err
	}
	if h.OpenPerWeek() == 0 {
		return Hours{}, errors.New("no hour of the week is open: nothing could ever be due")
	}
	return h, nil
}

// day is a [time.Weekday] or a [Date].
type day interface {
	comparable
	fmt.Stringer
}

// ordered returns the spans of each day in their order.
func ordered[D day](days map[D][]Span) (map[D][]Span, error) {
	sorted := map[D][]Span{}
	for _, day := range slices.SortedFunc(maps.Keys(days), func(a, b D) int { return cmp.Compare(a.String(), b.String()) }) {
		spans := slices.SortedFunc(slices.Values(days[day]), func(a, b Span) int { return cmp.Compare(a.From, b.From) })
		for i, s := range spans {
			if s.From < 0 || s.From >= s.To || s.To > Day {
				return nil, fmt.Errorf("%s has a time that does not end after it begins, on the same day", day)
			}
			if i > 0 && s.From < spans[i-1].To {
				return nil, fmt.Errorf("%s has times that overlap", day)
			}
		}
		sorted[day] = spans
	}
	return sorted, nil
}

// OpenPerWeek is the working time of an ordinary week.
func (h Hours) OpenPerWeek() time.Duration {
	if h.zone == nil {
		return 7 * Day
	}
	var sum time.Duration
	for _, spans := range h.weekly {
		for _, s := range spans {
			sum += s.To - s.From
		}
	}
	return sum
}

// Date is a day of the civil calendar, with its year: holidays move.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date in the form 2026-12-24.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date: write, for example, 2026-12-24", text)
	}
	return dateOf(t), nil
}

// String writes the date in the form 2026-12-24.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// ParseClock reads a time of day in the form 09:00, up to 24:00, as the duration
// since midnight.
func ParseClock(text string) (time.Duration, error) {
	if text == "24:00" {
		return Day, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day: write, for example, 09:00; 24:00 is the day's end", text)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Add returns the first instant at which d of working time has passed since t: t
// itself if d is not positive. It is in UTC.
func (h Hours) Add(t time.Time, d time.Duration) time.Time {
	t = t.Round(0).UTC() // drops the monotonic reading, which is meaningless in another process
	if d <= 0 {
		return t
	}
	if h.zone == nil {
		return t.Add(d)
	}
	for from, to := range h.open(t) {
		if open := to.Sub(from); open < d {
			d -= open
			continue
		}
		return from.Add(d).UTC()
	}
	panic("a calendar's open stretches came to an end") // NewHours refuses a week without open hours
}

// Between returns the working time from a until just before b, 0 if b is not after a.
func (h Hours) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	if h.zone == nil {
		return b.Sub(a)
	}
	var sum time.Duration
	for from, to := range h.open(a) {
		if !from.Before(b) {
			break
		}
		if to.After(b) {
			to = b
		}
		sum += to.Sub(from)
	}
	return sum
}

// open yields the open stretches from t on, in order and without end. It divides days into
// pieces in which wall-clock time runs evenly: a piece ends at midnight or where the zone's
// offset changes.
func (h Hours) open(t time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		for {
			local := t.In(h.zone)
			begins := sinceMidnight(local)
			next := t.Add(Day - begins)
			if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(next) {
				next = change
			}
			ends := begins + next.Sub(t)
			for _, s := range h.spans(local) {
				from, to := max(s.From, begins), min(s.To, ends)
				if from < to && !yield(t.Add(from-begins), t.Add(to-begins)) {
					return
				}
			}
			t = next
		}
	}
}

func (h Hours) spans(local time.Time) []Span {
	if own, ok := h.dates[dateOf(local)]; ok {
		return own
	}
	return h.weekly[local.Weekday()]
}

func sinceMidnight(local time.Time) time.Duration {
	hour, minute, second := local.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
}
