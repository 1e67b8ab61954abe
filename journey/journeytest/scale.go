package journeytest

import (
	"slices"
	"time"

	"idjourney/calendar"
	"idjourney/journey"
)

// Scale is the factor by which the case's durations shrink so that it fits into
// the given time; at most a thousandth, so that scaled waits stay in proportion.
func (c Case) Scale(into time.Duration) float64 {
	total := time.Duration(c.Expect.Within)
	for _, m := range c.Timeline {
		if d, err := time.ParseDuration(m.After); err == nil {
			total += d
		}
	}
	return min(1.0/1000, float64(into)/float64(total))
}

// Scaled is the policy with all its durations scaled.
func (c Case) Scaled(p journey.Policy, scale float64) journey.Policy {
	shrink := func(d journey.Duration) journey.Duration {
		return max(journey.Duration(float64(d)*scale), journey.Duration(time.Millisecond))
	}
	askAgain := make([]journey.Duration, len(p.AskAgain))
	for i, d := range p.AskAgain {
		askAgain[i] = shrink(d)
	}
	p.AskAgain = askAgain
	for _, d := range []*journey.Duration{&p.UserStepsWithin, &p.ResultWithin, &p.ReviewLook, &p.ExpireAfter, &p.UnknownAfter, &p.Hints.Per,
		&p.Resubmission.Within, &p.Renewal.Within, &p.AdoptAfter} {
		if *d > 0 {
			*d = shrink(*d)
		}
	}
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		if p.Steps[i].AnswerWithin > 0 {
			p.Steps[i].AnswerWithin = shrink(p.Steps[i].AnswerWithin)
		}
	}
	return p
}

// OnScaledClock scales the whole world: its policy, its ladders, in plain time, and
// the age of the vendor's results.
func (w *World) OnScaledClock(scale float64) {
	w.Policy = w.Case.Scaled(w.Policy, scale)
	w.Case.EndedAgo = journey.Duration(float64(w.Case.EndedAgo) * scale)
	for i := range w.Ladders {
		l := &w.Ladders[i]
		l.Hours = calendar.Plain()
		for _, d := range []*time.Duration{&l.RemindAfter, &l.RemindEvery, &l.EscalateAt, &l.FinallyAt} {
			*d = time.Duration(float64(*d) * scale)
		}
	}
}

// HappenScaled is Happen on a scaled clock.
func (w *World) HappenScaled(i int, now time.Time, scale float64) []journey.Event {
	w.Case.Timeline[i].Late = journey.Duration(float64(w.Case.Timeline[i].Late) * scale)
	return w.Happen(i, now)
}
