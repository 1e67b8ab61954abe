package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones change at different hours, by different amounts, on either half of the globe.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Asia/Kathmandu", "Pacific/Apia"}

var someHours = rapid.Custom(func(t *rapid.T) Hours {
	location, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	weekly := map[time.Weekday][]Span{}
	for day := time.Sunday; day <= time.Saturday; day++ {
		weekly[day] = someSpans.Draw(t, day.String())
	}
	dates := map[Date][]Span{}
	for range rapid.IntRange(0, 20).Draw(t, "dates") {
		dates[dateOf(someInstant.Draw(t, "date"))] = someSpans.Draw(t, "hours")
	}
	if len(weekly[time.Sunday]) == 0 { // so that something of the week is open
		weekly[time.Sunday] = []Span{{2 * time.Hour, 3 * time.Hour}}
	}
	h, err := NewHours(location, weekly, dates)
	if err != nil {
		t.Fatal(err)
	}
	return h
})

// someSpans are up to three parts of a day, apart or touching.
var someSpans = rapid.Custom(func(t *rapid.T) []Span {
	var spans []Span
	end := time.Duration(0)
	for range rapid.IntRange(0, 3).Draw(t, "spans") {
		from := end + time.Duration(rapid.IntRange(0, 300).Draw(t, "closed"))*time.Minute
		to := from + time.Duration(rapid.IntRange(1, 600).Draw(t, "open"))*time.Minute
		if to > Day {
			break
		}
		spans = append(spans, Span{from, to})
		end = to
	}
	return spans
})

var someInstant = rapid.Custom(func(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(1767222000, 1830294000).Draw(t, "second"), rapid.Int64Range(0, 999999999).Draw(t, "nanosecond"))
})

func someTime(t *rapid.T, name string) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(400*time.Hour)).Draw(t, name))
}

func TestAddAndBetweenAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, from, d := someHours.Draw(t, "hours"), someInstant.Draw(t, "from"), someTime(t, "d")
		to := h.Add(from, d)
		if got := h.Between(from, to); got != d {
			t.Fatalf("Between(t, Add(t, %s)) = %s; Add = %s", d, got, to)
		}
		if d > 0 && h.Between(from, to.Add(-1)) == d {
			t.Fatalf("Add(%s) = %s, which is not the first instant", d, to)
		}
	})
}

func TestAddIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, from, d, more := someHours.Draw(t, "hours"), someInstant.Draw(t, "from"), someTime(t, "d"), someTime(t, "more")
		short, long := h.Add(from, d), h.Add(from, d+more)
		if long.Before(short) || more > 0 && !long.After(short) || short.Before(from) {
			t.Fatalf("Add(%s) = %s, Add(%s) = %s", d, short, d+more, long)
		}
		if later := h.Add(from.Add(more), d); later.Before(short) {
			t.Fatalf("from later on Add(%s) is earlier: %s, not %s", d, later, short)
		}
	})
}

func TestBetweenAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, a := someHours.Draw(t, "hours"), someInstant.Draw(t, "a")
		b := a.Add(someTime(t, "first"))
		c := b.Add(someTime(t, "second"))
		if got, want := h.Between(a, b)+h.Between(b, c), h.Between(a, c); got != want {
			t.Fatalf("Between(a, b) + Between(b, c) = %s, Between(a, c) = %s", got, want)
		}
	})
}

// Checks the definition minute by minute: a minute is open if its wall-clock time is.
func TestBetweenIsWhatTheClockSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, begin := someHours.Draw(t, "hours"), someInstant.Draw(t, "from").Truncate(time.Minute)
		minutes := rapid.IntRange(0, 4000).Draw(t, "minutes")
		var want time.Duration
		for i := range minutes {
			local := begin.Add(time.Duration(i) * time.Minute).In(h.zone)
			for _, s := range h.spans(local) {
				if m := sinceMidnight(local); m >= s.From && m < s.To {
					want += time.Minute
				}
			}
		}
		if got := h.Between(begin, begin.Add(time.Duration(minutes)*time.Minute)); got != want {
			t.Fatalf("Between = %s, minute by minute %s", got, want)
		}
	})
}
