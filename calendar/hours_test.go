package calendar

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// span is a span by clock times, for example "09:00-17:00".
func span(t testing.TB, text string) Span {
	t.Helper()
	from, to, _ := strings.Cut(text, "-")
	begin, err := ParseClock(from)
	if err != nil {
		t.Fatal(err)
	}
	end, err := ParseClock(to)
	if err != nil {
		t.Fatal(err)
	}
	return Span{begin, end}
}

// office is Monday to Friday, 09:00 to 12:00 and 13:00 to 17:00, in Berlin; closed
// from Christmas on, half a day on the last of the year.
func office(t testing.TB) Hours {
	t.Helper()
	weekly := map[time.Weekday][]Span{}
	for day := time.Monday; day <= time.Friday; day++ {
		weekly[day] = []Span{span(t, "13:00-17:00"), span(t, "09:00-12:00")}
	}
	dates := map[Date][]Span{{2026, time.December, 31}: {span(t, "09:00-12:00")}, {2027, time.January, 1}: nil}
	for day := 24; day <= 30; day++ {
		dates[Date{2026, time.December, day}] = nil
	}
	h, err := NewHours(zone(t, "Europe/Berlin"), weekly, dates)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// always is every hour of every day, but by wall-clock time.
func always(t testing.TB, name string) Hours {
	t.Helper()
	return daily(t, name, "00:00-24:00")
}

func daily(t testing.TB, name string, spans ...string) Hours {
	t.Helper()
	weekly := map[time.Weekday][]Span{}
	for day := time.Sunday; day <= time.Saturday; day++ {
		for _, text := range spans {
			weekly[day] = append(weekly[day], span(t, text))
		}
	}
	h, err := NewHours(zone(t, name), weekly, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNewHoursRefuses(t *testing.T) {
	t.Parallel()
	monday := func(spans ...Span) map[time.Weekday][]Span {
		return map[time.Weekday][]Span{time.Monday: spans}
	}
	open := Span{9 * time.Hour, 17 * time.Hour}
	tests := map[string]struct {
		zone   *time.Location
		weekly map[time.Weekday][]Span
		dates  map[Date][]Span
		want   string
	}{
		"no zone":             {nil, monday(open), nil, "no time zone"},
		"nothing":             {time.UTC, nil, nil, "no hour of the week is open"},
		"only empty days":     {time.UTC, monday(), nil, "no hour of the week is open"},
		"only a date":         {time.UTC, nil, map[Date][]Span{{2026, 1, 1}: {open}}, "no hour of the week is open"},
		"backwards":           {time.UTC, monday(Span{17 * time.Hour, 9 * time.Hour}), nil, "Monday has a time that does not end after it begins"},
		"empty span":          {time.UTC, monday(Span{time.Hour, time.Hour}), nil, "Monday has a time that does not end after it begins"},
		"before midnight":     {time.UTC, monday(Span{-time.Hour, time.Hour}), nil, "Monday has a time"},
		"after midnight":      {time.UTC, monday(Span{time.Hour, 25 * time.Hour}), nil, "Monday has a time"},
		"overlap":             {time.UTC, monday(open, Span{8 * time.Hour, 10 * time.Hour}), nil, "Monday has times that overlap"},
		"overlap on a date":   {time.UTC, monday(open), map[Date][]Span{{2026, 1, 2}: {open, open}}, "2026-01-02 has times that overlap"},
		"backwards on a date": {time.UTC, monday(open), map[Date][]Span{{2026, 1, 2}: {{2, 1}}}, "2026-01-02 has a time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewHours(tt.zone, tt.weekly, tt.dates); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewHours: %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"00:00": 0, "09:05": 9*time.Hour + 5*time.Minute, "23:59": Day - time.Minute, "24:00": Day} {
		if got, err := ParseClock(text); err != nil || got != want {
			t.Errorf("ParseClock(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "9:00", "09.00", "24:01", "25:00", "12:60", "09:00:00", "-1:00", "9am", " 09:00"} {
		if got, err := ParseClock(text); err == nil {
			t.Errorf("ParseClock(%q) = %s, want an error", text, got)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	got, err := ParseDate("2028-02-29")
	if err != nil || got != (Date{2028, time.February, 29}) || got.String() != "2028-02-29" {
		t.Errorf("ParseDate = %v, %v", got, err)
	}
	for _, text := range []string{"", "12-24", "2027-02-29", "24.12.2026", "2026-12-24T00:00:00Z"} {
		if got, err := ParseDate(text); err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", text, got)
		}
	}
}
