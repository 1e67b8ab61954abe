package idwise

import (
	"testing"
	"time"
)

func TestReadTime(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]time.Time{
		"2026-11-01T10:05:00":        time.Date(2026, 11, 1, 10, 5, 0, 0, time.UTC),
		"2026-11-01T10:05:00.25":     time.Date(2026, 11, 1, 10, 5, 0, 250_000_000, time.UTC),
		"2026-11-01T10:05:00Z":       time.Date(2026, 11, 1, 10, 5, 0, 0, time.UTC),
		"2026-11-01T12:05:00+02:00":  time.Date(2026, 11, 1, 10, 5, 0, 0, time.UTC),
		"2026-11-01":                 time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"":                           {},
		"yesterday":                  {},
		"1793527500":                 {},
		"2026-11-01T10:05:00 Berlin": {},
		"2026-02-30T10:05:00.000000": {},
	} {
		result := Result{EndTime: &sent}
		if got := result.EndedAt(); got != want {
			t.Errorf("the end %q: got %v, want %v", sent, got, want)
		}
	}
	if got := (&Result{}).EndedAt(); !got.IsZero() {
		t.Errorf("no end: got %v", got)
	}
}
