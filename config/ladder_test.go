package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"idjourney/calendar"
	"idjourney/journey"
)

func TestLaddersByDefault(t *testing.T) {
	t.Parallel()
	const h = time.Hour
	want := []calendar.Declared{
		{Name: "review", RemindAfter: 24 * h, RemindEvery: 24 * h, EscalateAt: 72 * h},
		{Name: "aml_low", RemindAfter: 72 * h, EscalateAt: 168 * h},
		{Name: "aml_medium", RemindAfter: 24 * h, RemindEvery: 24 * h, EscalateAt: 72 * h},
		{Name: "aml_high", RemindAfter: 4 * h, RemindEvery: 8 * h, EscalateAt: 24 * h},
	}
	a := mustRead(t, exampleText(t), baseEnviron()).Accounts[0]
	for _, flow := range []string{"your-flow-id", "another"} {
		got := a.Ladders(flow)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(calendar.Hours{})); diff != "" {
			t.Errorf("Ladders(%q) (-want +got):\n%s", flow, diff)
		}
		if got[0].Hours.OpenPerWeek() != 168*h {
			t.Errorf("Ladders(%q) count %s a week, want every hour: no policy names the calendar", flow, got[0].Hours.OpenPerWeek())
		}
	}
}

func TestLaddersAreInherited(t *testing.T) {
	t.Parallel()
	text := strings.Replace(uncommented(t), "    flows:", "    policy: {review: {ladder: {escalate_at: 48h}}}\n    flows:", 1)
	text = strings.Replace(text, "        custom_step: true", "        policy: {review: {ladder: {finally: rejected}}, aml: {ladders: {low: {remind_after: 1h}}}}\n        custom_step: true", 1)
	a := mustRead(t, text, uncommentedEnviron()).Accounts[0]
	listed, other := a.Ladders("your-flow-id"), a.Ladders("another")
	if got := listed[0]; got.EscalateAt != 48*time.Hour || got.Finally != journey.OutcomeRejected || got.FinallyAt != 240*time.Hour || got.RemindAfter != 24*time.Hour {
		t.Errorf("review = %+v, want the flow's finally, the account's escalate_at, the top level's finally_at", got)
	}
	if other[0].Finally != journey.OutcomeOnHold || other[0].EscalateAt != 48*time.Hour {
		t.Errorf("review of a flow that is not listed = %+v, want the account's", other[0])
	}
	if listed[1].RemindAfter != time.Hour || other[1].RemindAfter != 72*time.Hour || listed[3].EscalateAt != 24*time.Hour {
		t.Errorf("alerts = %+v, want only low to be the flow's", listed[1:])
	}
}

// The example's office is closed at Christmas, and on Fridays from 15:00 on.
func TestLaddersCountInTheirCalendar(t *testing.T) {
	t.Parallel()
	a := mustRead(t, uncommented(t), uncommentedEnviron()).Accounts[0]
	high := a.Ladders("your-flow-id")[3]
	thursday := time.Date(2026, time.December, 24, 16, 0, 0, 0, time.UTC) // 17:00 in Berlin
	got := high.Ladder(journey.Clock{}, thursday)
	want := journey.Ladder{
		Name: "aml_high",
		Remind: []time.Time{ // 4, 12 and 20 hours: Monday, Tuesday, Wednesday at 13:00
			time.Date(2026, time.December, 28, 12, 0, 0, 0, time.UTC),
			time.Date(2026, time.December, 29, 12, 0, 0, 0, time.UTC),
			time.Date(2026, time.December, 30, 12, 0, 0, 0, time.UTC),
		},
		EscalateAt: time.Date(2026, time.December, 30, 16, 0, 0, 0, time.UTC), // 24 hours: that evening
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Ladder (-want +got):\n%s", diff)
	}
}

// The version that a decision names changes with a ladder and its hours: ladders decide, too.
func TestPolicyVersionFollowsLadders(t *testing.T) {
	t.Parallel()
	version := func(changes ...string) string {
		text := strings.NewReplacer(changes...).Replace(uncommented(t))
		return mustRead(t, text, uncommentedEnviron()).Accounts[0].Policy("your-flow-id").Version
	}
	base := version()
	if got := version("name: office", "name: desk", "calendar: office", "calendar: desk"); got != base {
		t.Error("a calendar's name changes the version")
	}
	for _, change := range [][2]string{
		{"finally: on_hold", "finally: rejected"}, {"remind_every: 8h", "remind_every: 9h"}, {`to: "15:00"`, `to: "16:00"`},
		{"2026-12-25", "2026-12-24"}, {"Europe/Berlin", "Europe/London"}, {"within: 720h", "within: 721h"},
		{"severity: medium", "severity: low"}, {"adopt_after: 72h", "adopt_after: 73h"}, {"spot_check_failed: review", "spot_check_failed: tell"},
	} {
		if got := version(change[0], change[1]); got == base {
			t.Errorf("%q does not change the version", change[1])
		}
	}
}
