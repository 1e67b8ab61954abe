package calendar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"idjourney/journey"
)

const hour = time.Hour

func review(h Hours) Declared {
	return Declared{
		Name: journey.LadderReview, RemindAfter: 7 * hour, RemindEvery: 7 * hour, EscalateAt: 21 * hour,
		FinallyAt: 35 * hour, Finally: journey.OutcomeOnHold, Hours: h,
	}
}

func TestReminders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		declared Declared
		want     []time.Duration
	}{
		"none":                  {Declared{EscalateAt: hour}, nil},
		"every without a first": {Declared{RemindEvery: hour, EscalateAt: 9 * hour}, nil},
		"one":                   {Declared{RemindAfter: hour}, []time.Duration{hour}},
		"until it escalates":    {Declared{RemindAfter: 4 * hour, RemindEvery: 8 * hour, EscalateAt: 24 * hour, FinallyAt: 90 * hour}, []time.Duration{4 * hour, 12 * hour, 20 * hour}},
		"not when it escalates": {Declared{RemindAfter: 24 * hour, RemindEvery: 24 * hour, EscalateAt: 72 * hour}, []time.Duration{24 * hour, 48 * hour}},
		"until the policy does": {Declared{RemindAfter: hour, RemindEvery: hour, FinallyAt: 3 * hour}, []time.Duration{hour, 2 * hour}},
		"first after the end":   {Declared{RemindAfter: 3 * hour, EscalateAt: 2 * hour}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.declared.Reminders()); diff != "" {
				t.Errorf("Reminders (-want +got):\n%s", diff)
			}
		})
	}
	if got := len(Declared{RemindAfter: 1, RemindEvery: 1}.Reminders()); got != MaxReminders {
		t.Errorf("a ladder without an end has %d reminders, want %d", got, MaxReminders)
	}
}

func TestLadder(t *testing.T) {
	t.Parallel()
	monday := at(t, "2026-11-23 09:00 +0100")
	days := func(n int) time.Time { return monday.AddDate(0, 0, n).Add(8 * hour).UTC() } // the end of the nth day's hours
	tests := map[string]struct {
		clock journey.Clock
		now   time.Time
		want  journey.Ladder
	}{
		"fresh": {journey.Clock{}, monday, journey.Ladder{Remind: []time.Time{days(0), days(1)}, EscalateAt: days(2), FinallyAt: days(4)}},
		"running": {journey.Clock{Since: monday}, at(t, "2026-11-24 10:00 +0100"),
			journey.Ladder{Spent: journey.Duration(8 * hour), Remind: []time.Time{days(1)}, EscalateAt: days(2), FinallyAt: days(4)}},
		"asked at night": {journey.Clock{Since: monday}, at(t, "2026-11-24 03:00 +0100"),
			journey.Ladder{Spent: journey.Duration(7 * hour), Remind: []time.Time{days(1)}, EscalateAt: days(2), FinallyAt: days(4)}},
		"exactly at a reminder": {journey.Clock{Since: monday}, days(1),
			journey.Ladder{Spent: journey.Duration(14 * hour), EscalateAt: days(2), FinallyAt: days(4)}},
		"overdue": {journey.Clock{Since: monday}, at(t, "2026-11-26 10:00 +0100"),
			journey.Ladder{Spent: journey.Duration(22 * hour), EscalateAt: days(2), FinallyAt: days(4)}},
		"paused and taken up": {journey.Clock{Spent: journey.Duration(14 * hour), Since: monday}, at(t, "2026-11-23 10:00 +0100"),
			journey.Ladder{Spent: journey.Duration(15 * hour), EscalateAt: days(0), FinallyAt: days(2)}},
		"paused after it was overdue": {journey.Clock{Spent: journey.Duration(28 * hour), Since: monday}, at(t, "2026-11-23 10:00 +0100"),
			journey.Ladder{Spent: journey.Duration(29 * hour), EscalateAt: monday.UTC(), FinallyAt: days(0)}},
		"standing still": {journey.Clock{Spent: journey.Duration(7 * hour)}, monday,
			journey.Ladder{Spent: journey.Duration(7 * hour), Remind: []time.Time{days(0)}, EscalateAt: days(1), FinallyAt: days(3)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.want.Name, tt.want.Finally = journey.LadderReview, journey.OutcomeOnHold
			if diff := cmp.Diff(tt.want, review(office(t)).Ladder(tt.clock, tt.now)); diff != "" {
				t.Errorf("Ladder (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLadderWithoutRungs(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-23 09:00 +0100")
	want := journey.Ladder{Name: "aml_low", Spent: journey.Duration(hour)}
	if diff := cmp.Diff(want, Declared{Name: "aml_low"}.Ladder(journey.Clock{Since: now.Add(-hour)}, now)); diff != "" {
		t.Errorf("Ladder (-want +got):\n%s", diff)
	}
}

// Each fetch computes the ladder again: for a running clock, the remaining instants must
// not move.
func TestLadderStaysWhereItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		declared := review(someHours.Draw(t, "hours"))
		since := someInstant.Draw(t, "since")
		clock := journey.Clock{Spent: journey.Duration(someTime(t, "spent") / 10), Since: since}
		first := declared.Ladder(clock, since)
		now := since.Add(someTime(t, "passed"))
		then := declared.Ladder(clock, now)
		var left []time.Time
		for _, at := range first.Remind {
			if at.After(now) {
				left = append(left, at)
			}
		}
		first.Remind, first.Spent = left, then.Spent
		if diff := cmp.Diff(first, then); diff != "" {
			t.Fatalf("%s later (-before +after):\n%s", now.Sub(since), diff)
		}
	})
}

// Pausing and resuming a ladder loses no working time.
func TestLadderSurvivesAPause(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		declared := review(someHours.Draw(t, "hours"))
		since := someInstant.Draw(t, "since")
		paused := since.Add(someTime(t, "run"))
		spent := declared.Ladder(journey.Clock{Since: since}, paused).Spent
		again := paused.Add(someTime(t, "pause"))
		l := declared.Ladder(journey.Clock{Spent: spent, Since: again}, again)
		if time.Duration(spent) >= declared.EscalateAt {
			if !l.EscalateAt.Equal(again) {
				t.Fatalf("EscalateAt = %s, want it past", l.EscalateAt)
			}
			return
		}
		if got := time.Duration(spent) + declared.Hours.Between(again, l.EscalateAt); got != declared.EscalateAt {
			t.Fatalf("it escalates after %s of working time, want %s", got, declared.EscalateAt)
		}
	})
}
