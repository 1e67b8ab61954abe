package calendar

import (
	"iter"
	"time"
)

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
