package config

import (
	"strings"
	"testing"
)

// faultRow is a mistake in the uncommented example, and a part of the fault's text.
type faultRow struct{ old, replacement, want string }

func wantFaults(t *testing.T, tests map[string]faultRow) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := uncommented(t)
			if !strings.Contains(text, tt.old) {
				t.Fatalf("the example does not contain %q", tt.old)
			}
			wantFault(t, strings.Replace(text, tt.old, tt.replacement, 1), uncommentedEnviron(), tt.want)
		})
	}
}

func TestLadderFaults(t *testing.T) {
	t.Parallel()
	const review = "remind_after: 24h, remind_every: 24h, escalate_at: 72h, finally_at: 240h, finally: on_hold"
	const at = "policy.review.ladder"
	wantFaults(t, map[string]faultRow{
		"approve":                {"finally: on_hold", "finally: approve", at + ".finally cannot approve: that nobody decided is no evidence"},
		"approved":               {"finally: on_hold", "finally: approved", at + ".finally cannot approve"},
		"expired":                {"finally: on_hold", "finally: expired", at + `.finally is "expired"`},
		"no instant":             {"finally_at: 240h, ", "", at + ".finally_at is missing: say when the policy decides on_hold"},
		"no meaning":             {", finally: on_hold", "", at + ".finally is missing"},
		"before it escalates":    {"finally_at: 240h", "finally_at: 72h", at + ".finally_at (72h) is not after escalate_at (72h)"},
		"reminder too late":      {"remind_after: 24h", "remind_after: 72h", at + ".remind_after (72h) is not before escalate_at (72h)"},
		"thirteen reminders":     {review, "remind_after: 5h, remind_every: 5h, escalate_at: 66h", at + ".remind_every (5h) makes more than 12 reminders until escalate_at (66h)"},
		"very many reminders":    {review, "remind_after: 1s, remind_every: 1s", at + ".remind_every (1s) makes more than 12"},
		"negative":               {"escalate_at: 72h", "escalate_at: -72h", at + ".escalate_at is negative"},
		"beyond five years":      {"finally_at: 240h", "finally_at: 12000h", at + " reaches more than five years ahead"},
		"of an alert":            {"escalate_at: 24h }", "escalate_at: 3h }", "policy.aml.ladders.high.remind_after (4h) is not before escalate_at (3h)"},
		"of a flow":              {"        custom_step: true", "        policy: {aml: {ladders: {low: {finally: approved}}}}\n        custom_step: true", "flows[onboarding].policy.aml.ladders.low.finally cannot approve"},
		"key that is none":       {"escalate_at: 24h }", "escalate: 24h }", "policy.aml.ladders.high.escalate is not a key"},
		"calendar that is none":  {"calendar: office", "calendar: officer", `policy.calendar is "officer", which is no calendar`},
		"account's own calendar": {"    flows:", "    policy: {calendar: home}\n    flows:", `accounts[acme-sandbox].policy.calendar is "home"`},
	})
}

func TestTwelveReminders(t *testing.T) {
	t.Parallel()
	text := strings.Replace(uncommented(t), "remind_after: 24h, remind_every: 24h, escalate_at: 72h", "remind_after: 5h, remind_every: 5h, escalate_at: 65h", 1)
	ladders := mustRead(t, text, uncommentedEnviron()).Accounts[0].Ladders("your-flow-id")
	if got := len(ladders[0].Reminders()); got != 12 {
		t.Errorf("%d reminders, want 12", got)
	}
}

func TestDeadlineAndSeverityFaults(t *testing.T) {
	t.Parallel()
	wantFaults(t, map[string]faultRow{
		"missed approves":   {"on_missed: review", "on_missed: approve", "policy.resubmission.on_missed cannot approve: that nothing was submitted is no evidence"},
		"missed renewal":    {"within: 720h, on_missed: on_hold", "on_missed: expire", `policy.renewal.on_missed is "expire"`},
		"no fetches":        {"looks: 20", "looks: -1", "policy.hints.looks must be at least 1"},
		"no unit":           {"within: 336h", "within: 14", "policy.resubmission.within cannot be read: a duration needs a unit"},
		"days":              {"within: 336h", "within: 14d", "policy.resubmission.within cannot be read: it is not a duration"},
		"failed spot check": {"spot_check_failed: review", "spot_check_failed: reject", `policy.spot_check_failed is "reject"`},
		"unknown severity":  {"severity: high", "severity: severe", `policy.aml.severities[SAN].severity is "severe"`},
		"dataset twice":     {"dataset: PEP", "dataset: SAN", "policy.aml.severities[SAN] is there twice"},
		"dataset left out":  {"dataset: PEP, ", "", "policy.aml.severities has an item without a dataset"},
		"dataset's number":  {"dataset: PEP", "dataset: 7", "policy.aml.severities[1].dataset cannot be read: it is text"},
		"misspelt age":      {"adopt_after", "adopted_after", "policy.adopted_after is not a key"},
		"ladder not of AML": {"      high: {", "      highest: {", "policy.aml.ladders.highest is not a key"},
	})
}

func TestCalendarFaults(t *testing.T) {
	t.Parallel()
	const weekly = `      - { days: [mon, tue, wed, thu], from: "09:00", to: "17:00" }
      - { days: [fri], from: "09:00", to: "15:00" }
`
	const at = "calendars[office] "
	wantFaults(t, map[string]faultRow{
		"never open":          {"    weekly:\n" + weekly, "", at + "has no weekly hours"},
		"never open, though":  {"    weekly:\n" + weekly, "    weekly: []\n", at + "has no weekly hours"},
		"no zone":             {"    time_zone: Europe/Berlin\n", "", at + "has no time_zone"},
		"the machine's zone":  {"Europe/Berlin", "Local", at + "has no time_zone"},
		"unknown zone":        {"Europe/Berlin", "Europe/Bonn", at + `has the time_zone "Europe/Bonn", which nobody knows`},
		"file as a zone":      {"Europe/Berlin", "../etc/passwd", at + "has the time_zone"},
		"unknown day":         {"[fri]", "[friday]", at + `has the day "friday"`},
		"no day":              {"days: [fri], ", "", at + "has weekly hours of no day"},
		"over midnight":       {`to: "15:00"`, `to: "03:00"`, at + "has hours from 09:00 to 03:00, which do not end after they begin"},
		"no end":              {`, to: "15:00"`, "", at + `has hours that cannot be read: "" is no time of day`},
		"hour of one digit":   {`from: "09:00", to: "15:00"`, `from: "9:00", to: "15:00"`, at + `has hours that cannot be read: "9:00" is no time of day`},
		"hour as a number":    {`from: "09:00", to: "15:00"`, `from: 9, to: "15:00"`, "weekly[1].from cannot be read: it is text"},
		"overlap":             {"[fri]", "[thu, fri]", at + "cannot be used: Thursday has times that overlap"},
		"date without a year": {"date: 2026-12-31", `date: "12-31"`, at + `has a date that cannot be read: "12-31" is no date`},
		"date that never was": {"date: 2026-12-31", `date: "2026-02-30"`, at + "has a date that cannot be read"},
		"closed with hours":   {"2026-12-25, closed: true", `2026-12-25, closed: true, from: "09:00", to: "10:00"`, at + "has hours on 2026-12-25, which is closed"},
		"neither":             {"2026-12-25, closed: true", "2026-12-25", at + "has hours that cannot be read"},
		"closed and open":     {"2026-12-31", "2026-12-25", at + "lists 2026-12-25 twice, closed and otherwise"},
		"open twice":          {"2026-12-25, closed: true", `2026-12-31, from: "11:00", to: "13:00"`, at + "cannot be used: 2026-12-31 has times that overlap"},
		"name":                {"- name: office", "- name: The Office", "calendars[The Office].name must be 1 to 32"},
		"no name":             {"- name: office\n    time_zone", "- time_zone", "calendars[0] has no name"},
		"twice":               {"calendars:\n", "calendars:\n  - { name: office, time_zone: UTC, weekly: [{ days: [mon], from: \"00:00\", to: \"24:00\" }] }\n", "calendars[office] is there twice"},
	})
}
