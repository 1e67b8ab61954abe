package calendar

import (
	"testing"
	"time"
)

const wall = "2006-01-02 15:04 -0700"

func at(t testing.TB, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(wall, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

// Each row is checked both ways: Add from one end finds the other, Between measures it.
func TestWorkingTime(t *testing.T) {
	t.Parallel()
	const berlin = "Europe/Berlin"
	tests := map[string]struct {
		hours    Hours
		from, to string
		want     time.Duration
	}{
		"within a morning":              {office(t), "2026-11-23 09:00 +0100", "2026-11-23 11:30 +0100", 150 * time.Minute},
		"over lunch":                    {office(t), "2026-11-23 11:00 +0100", "2026-11-23 14:00 +0100", 2 * time.Hour},
		"to the end of the day":         {office(t), "2026-11-23 09:00 +0100", "2026-11-23 17:00 +0100", 7 * time.Hour},
		"from before the hours":         {office(t), "2026-11-23 03:00 +0100", "2026-11-23 10:00 +0100", time.Hour},
		"over night":                    {office(t), "2026-11-23 16:00 +0100", "2026-11-24 10:00 +0100", 2 * time.Hour},
		"over a weekend":                {office(t), "2026-11-20 16:00 +0100", "2026-11-23 10:00 +0100", 2 * time.Hour},
		"from within a weekend":         {office(t), "2026-11-21 12:00 +0100", "2026-11-23 10:00 +0100", time.Hour},
		"over a closed week and a year": {office(t), "2026-12-23 16:00 +0100", "2027-01-04 10:00 +0100", 5 * time.Hour},
		"asked from another zone":       {office(t), "2026-11-23 00:00 -0800", "2026-11-23 02:30 -0800", 150 * time.Minute},

		// 29 March 2026, 02:00 +0100 is followed by 03:00 +0200; on 25 October 03:00
		// +0200 by 02:00 +0100.
		"the short day":                    {always(t, berlin), "2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200", 23 * time.Hour},
		"the long day":                     {always(t, berlin), "2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100", 25 * time.Hour},
		"office hours on either side":      {office(t), "2026-03-27 16:00 +0100", "2026-03-30 10:00 +0200", 2 * time.Hour},
		"office hours on either side, too": {office(t), "2026-10-23 16:00 +0200", "2026-10-26 10:00 +0100", 2 * time.Hour},
		"half of the hours are skipped":    {daily(t, berlin, "01:00-02:30"), "2026-03-29 00:00 +0100", "2026-03-29 02:00 +0100", time.Hour},
		"begins in what is skipped":        {daily(t, berlin, "02:30-04:00"), "2026-03-29 00:00 +0100", "2026-03-29 04:00 +0200", time.Hour},
		"all of the hours are skipped":     {daily(t, berlin, "02:00-03:00"), "2026-03-28 02:30 +0100", "2026-03-30 02:30 +0200", time.Hour},
		"hours that come twice":            {daily(t, berlin, "02:00-03:00"), "2026-10-25 00:00 +0200", "2026-10-25 03:00 +0100", 2 * time.Hour},
		"a part that comes twice":          {daily(t, berlin, "01:00-02:30"), "2026-10-25 00:00 +0200", "2026-10-25 02:30 +0100", 2 * time.Hour},
		"from the second time on":          {daily(t, berlin, "02:00-03:00"), "2026-10-25 02:15 +0100", "2026-10-25 03:00 +0100", 45 * time.Minute},
		"a change at midnight":             {always(t, "Africa/Cairo"), "2026-04-24 01:00 +0300", "2026-04-25 00:00 +0300", 23 * time.Hour},
		"a date that never was":            {always(t, "Pacific/Apia"), "2011-12-29 12:00 -1000", "2011-12-31 12:00 +1400", 24 * time.Hour},
		"half an hour's change":            {always(t, "Australia/Lord_Howe"), "2026-10-04 00:00 +1030", "2026-10-05 00:00 +1100", 23*time.Hour + 30*time.Minute},
		"plain time":                       {Plain(), "2026-12-24 22:00 +0100", "2027-01-01 00:00 +0000", 171 * time.Hour},
		"years":                            {always(t, berlin), "2020-01-01 00:00 +0100", "2030-01-01 00:00 +0100", 3653 * Day},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := at(t, tt.from), at(t, tt.to)
			if got := tt.hours.Between(from, to); got != tt.want {
				t.Errorf("Between = %s, want %s", got, tt.want)
			}
			if got := tt.hours.Add(from, tt.want); !got.Equal(to) {
				t.Errorf("Add(%s) = %s, want %s", tt.want, got.Format(wall), to.UTC().Format(wall))
			}
		})
	}
}

func TestClosedHoursDoNotCount(t *testing.T) {
	t.Parallel()
	h := office(t)
	evening, morning := at(t, "2026-11-20 17:00 +0100"), at(t, "2026-11-23 09:00 +0100")
	if got := h.Between(evening, morning); got != 0 {
		t.Errorf("Between over a weekend = %s, want 0", got)
	}
	if got := h.Between(at(t, "2026-12-23 17:00 +0100"), at(t, "2026-12-31 09:00 +0100")); got != 0 {
		t.Errorf("Between over the holidays = %s, want 0", got)
	}
	for _, x := range []Hours{h, Plain()} {
		if got := x.Between(morning, morning); got != 0 {
			t.Errorf("Between without length = %s, want 0", got)
		}
		if got := x.Between(morning, evening); got != 0 {
			t.Errorf("Between backwards = %s, want 0", got)
		}
		for _, d := range []time.Duration{0, -time.Hour} {
			if got := x.Add(evening, d); got != evening.UTC() {
				t.Errorf("Add(%s) = %s, want the same instant in UTC", d, got)
			}
		}
	}
	// The end of the hours is when they have passed; what is more comes after.
	if got := h.Add(at(t, "2026-11-20 16:00 +0100"), time.Hour); !got.Equal(evening) {
		t.Errorf("Add = %s, want the end of the hours", got)
	}
	if got := h.Add(at(t, "2026-11-20 16:00 +0100"), time.Hour+1); !got.Equal(morning.Add(1)) {
		t.Errorf("Add = %s, want the next working day", got)
	}
}
