package journeytest

import (
	"fmt"
	"time"

	"idjourney/calendar"
	"idjourney/journey"
)

// Rungs is a declared ladder of a case.
type Rungs struct {
	Name        string           `json:"name"` // review, aml_low, aml_medium, aml_high
	RemindAfter journey.Duration `json:"remindAfter"`
	RemindEvery journey.Duration `json:"remindEvery"`
	EscalateAt  journey.Duration `json:"escalateAt"`
	FinallyAt   journey.Duration `json:"finallyAt"`
	Finally     journey.Outcome  `json:"finally"`
}

// Hours are the working hours of a case: the same from Monday to Friday.
type Hours struct {
	Zone   string   `json:"zone"`
	From   string   `json:"from"`
	To     string   `json:"to"`
	Closed []string `json:"closed"` // dates
}

// hours are the case's working hours, or every hour if it is played on a scaled
// clock, on which no calendar has a meaning.
func (c Case) hours() (calendar.Hours, error) {
	if c.Hours == nil {
		return calendar.Plain(), nil
	}
	zone, err := time.LoadLocation(c.Hours.Zone)
	if err != nil {
		return calendar.Hours{}, fmt.Errorf("reading the time zone: %w", err)
	}
	from, err := calendar.ParseClock(c.Hours.From)
	if err != nil {
		return calendar.Hours{}, err
	}
	to, err := calendar.ParseClock(c.Hours.To)
	if err != nil {
		return calendar.Hours{}, err
	}
	weekly := map[time.Weekday][]calendar.Span{}
	for day := time.Monday; day <= time.Friday; day++ {
		weekly[day] = []calendar.Span{{From: from, To: to}}
	}
	closed := map[calendar.Date][]calendar.Span{}
	for _, text := range c.Hours.Closed {
		date, err := calendar.ParseDate(text)
		if err != nil {
			return calendar.Hours{}, err
		}
		closed[date] = nil
	}
	return calendar.NewHours(zone, weekly, closed)
}

func (c Case) ladders() ([]calendar.Declared, error) {
	hours, err := c.hours()
	if err != nil {
		return nil, err
	}
	var list []calendar.Declared
	for _, r := range c.Ladders {
		list = append(list, calendar.Declared{
			Name: r.Name, RemindAfter: time.Duration(r.RemindAfter), RemindEvery: time.Duration(r.RemindEvery),
			EscalateAt: time.Duration(r.EscalateAt), FinallyAt: time.Duration(r.FinallyAt), Finally: r.Finally, Hours: hours,
		})
	}
	return list, nil
}
