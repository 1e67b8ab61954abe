package config

import (
	"errors"
	"fmt"
	"time"

	"idjourney/calendar"
)

// Calendar is one declaration of working hours.
type Calendar struct {
	Name     string        `yaml:"name" doc:"Name of the calendar: [a-z0-9-], at most 32 characters, unique. Required."`
	TimeZone string        `yaml:"time_zone" doc:"Time zone of the hours, for example Europe/Berlin. Summer time is observed. Required."`
	Weekly   []WeeklyHours `yaml:"weekly" doc:"Hours of the week; a day may be in several items, whose times must not overlap. A day in none is closed. Required."`
	Dates    []DateHours   `yaml:"dates" doc:"Dates that have hours of their own instead of the week's, such as holidays; a date may be in several items."`
}

// WeeklyHours are open hours of some days of the week.
type WeeklyHours struct {
	Days []string `yaml:"days" doc:"mon, tue, wed, thu, fri, sat, sun. Required."`
	From string   `yaml:"from" doc:"Beginning, for example 09:00. Required."`
	To   string   `yaml:"to" doc:"End, for example 17:00, at most 24:00. Hours over midnight are two items. Required."`
}

// DateHours are what one date has instead of the week's hours.
type DateHours struct {
	Date   Date   `yaml:"date" doc:"The date with its year, for example 2026-12-24. Required."`
	Closed bool   `yaml:"closed" doc:"true if nobody works on that date; else from and to are its hours."`
	From   string `yaml:"from" doc:"Beginning, as of the week's."`
	To     string `yaml:"to" doc:"End, as of the week's."`
}

// Date is a date as it is written in YAML, with or without quotes.
type Date string

var weekdays = map[string]time.Weekday{
	"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday,
}

// hours returns what the calendar declares. The errors, joined, are sentences.
func (c Calendar) hours() (calendar.Hours, error) {
	zone, err := loadZone(c.TimeZone)
	faults := []error{err}
	weekly := map[time.Weekday][]calendar.Span{}
	for _, w := range c.Weekly {
		span, err := parseSpan(w.From, w.To)
		if err == nil && len(w.Days) == 0 {
			err = errors.New("has weekly hours of no day: list its days, for example [mon, tue]")
		}
		faults = append(faults, err)
		for _, name := range w.Days {
			day, ok := weekdays[name]
			if !ok {
				faults = append(faults, fmt.Errorf("has the day %q: write mon, tue, wed, thu, fri, sat or sun", name))
			}
			weekly[day] = append(weekly[day], span)
		}
	}
	if len(c.Weekly) == 0 {
		faults = append(faults, errors.New("has no weekly hours, so that nothing could ever be due: list the hours of the week"))
	}
	dates, err := c.dates()
	if err = errors.Join(append(faults, err)...); err != nil {
		return calendar.Hours{}, err
	}
	hours, err := calendar.NewHours(zone, weekly, dates)
	if err != nil {
		return calendar.Hours{}, fmt.Errorf("cannot be used: %w", err)
	}
	return hours, nil
}

// dates returns the spans of single dates; a closed one has none.
func (c Calendar) dates() (map[calendar.Date][]calendar.Span, error) {
	dates := map[calendar.Date][]calendar.Span{}
	var faults []error
	for _, d := range c.Dates {
		date, err := calendar.ParseDate(string(d.Date))
		spans, before := dates[date]
		switch {
		case err != nil:
			err = fmt.Errorf("has a date that cannot be read: %w", err)
		case d.Closed && (d.From != "" || d.To != ""):
			err = fmt.Errorf("has hours on %s, which is closed: keep one", date)
		case before && (d.Closed || spans == nil):
			err = fmt.Errorf("lists %s twice, closed and otherwise: keep one", date)
		case d.Closed:
			dates[date] = nil
		default:
			var span calendar.Span
			span, err = parseSpan(d.From, d.To)
			dates[date] = append(spans, span)
		}
		faults = append(faults, err)
	}
	return dates, errors.Join(faults...)
}

// loadZone refuses zones that depend on the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("has no time_zone: write, for example, Europe/Berlin, or UTC")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("has the time_zone %q, which nobody knows: write, for example, Europe/Berlin", name)
	}
	return zone, nil
}

func parseSpan(from, to string) (calendar.Span, error) {
	begin, err := calendar.ParseClock(from)
	end, toErr := calendar.ParseClock(to)
	switch err = errors.Join(err, toErr); {
	case err != nil:
		return calendar.Span{}, fmt.Errorf("has hours that cannot be read: %w", err)
	case begin >= end:
		return calendar.Span{}, fmt.Errorf("has hours from %s to %s, which do not end after they begin: write hours over midnight as two items", from, to)
	}
	return calendar.Span{From: begin, To: end}, nil
}
