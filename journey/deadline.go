package journey

import "time"

// Deadline is the instant at which Apply wants to be told a Tick even if nothing
// else happens; zero when there is none.
func (s State) Deadline() time.Time {
	if s.Closed() {
		return time.Time{}
	}
	due := s.Steps.WaitUntil
	if s.Steps.Waiting == "" {
		due = time.Time{}
	}
	due = earlier(due, s.Look.deadline())
	if s.Reviews.Open != nil {
		due = earlier(due, s.Reviews.Open.Ladder.next())
	}
	for _, a := range s.AML.Alerts {
		due = earlier(due, a.Ladder.next())
	}
	return due
}

// earlier is the earlier of two instants, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
