package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"idjourney/calendar"
	"idjourney/idwise"
	"idjourney/journey"
)

// maxPolicy bounds what travels with every fetch into a journey's history.
const maxPolicy = 2048

// Policy is what a journey waits for and for how long. Unset keys are inherited.
type Policy struct {
	UserSteps       []string           `yaml:"user_steps" default:"document,selfie" doc:"What IDWise's result must show before Finished User Steps is believed: document, selfie, or document:ID for the document of one step. List every step of the flow: what a webhook claims before they are there starts nothing."`
	AskAgain        []time.Duration    `yaml:"ask_again" default:"2s,1m,10m,1h,24h" doc:"Waits before each further look at an API that does not yet show what a webhook claimed; then the API is believed."`
	Hints           Hints              `yaml:"hints" doc:"How many fetches webhooks may cause of one journey. Beyond it they are postponed, and hints_over_budget is raised."`
	UserStepsWithin time.Duration      `yaml:"user_steps_within" default:"1h" doc:"Silence while the user's steps are awaited after which the journey asks the API itself; each further silence is twice as long."`
	ResultWithin    time.Duration      `yaml:"result_within" default:"30m" doc:"The same, while IDWise's result is awaited."`
	ReviewLook      time.Duration      `yaml:"review_look" default:"24h" doc:"The same, while a person's review is awaited."`
	ExpireAfter     time.Duration      `yaml:"expire_after" default:"168h" doc:"A journey that the user never finished expires after this."`
	UnknownAfter    time.Duration      `yaml:"unknown_after" default:"1h" doc:"How long IDWise has to keep saying that there is no such journey before it is closed as unknown."`
	AMLMatch        journey.AMLMeaning `yaml:"aml_match" default:"on_hold" check:"oneof=on_hold,tell" doc:"What a match newer than the last review does to an approval: on_hold or tell."`
	AML             AML                `yaml:"aml" doc:"Severities and ladders of AML alerts."`
	Review          Review             `yaml:"review" doc:"How people are kept at a review."`
	Calendar        string             `yaml:"calendar" doc:"Name of the calendar in whose hours the ladders are counted. Default: every hour of every day counts."`

	Resubmission    Deadline                 `yaml:"resubmission" doc:"A reviewer asked the user to submit something again."`
	Renewal         Deadline                 `yaml:"renewal" doc:"IDWise's KYC renewal is due, and the API shows it: a document that has run out, a step that is no longer submitted, an open journey. One that webhooks alone call missed is put before a person (renewal_unconfirmed), whatever on_missed says."`
	AdoptAfter      time.Duration            `yaml:"adopt_after" default:"72h" doc:"A result that was already as old when idjourney first heard of the journey is adopted as it stands: told as journey.adopted, never as a fresh decision."`
	AuditEvery      time.Duration            `yaml:"audit_every" default:"720h" doc:"A settled journey that stands approved and of which nothing was heard for as long is looked at, for changes whose webhook was lost: two Actions each. The ledger knows which; no workflow keeps a timer for it."`
	SpotCheckFailed journey.SpotCheckMeaning `yaml:"spot_check_failed" default:"review" check:"oneof=review,tell" doc:"What a failed spot check means: review or tell."`
}

// Hints is the budget of the fetches that webhooks cause.
type Hints struct {
	Looks int           `yaml:"looks" default:"20" doc:"So many at once, ..."`
	Per   time.Duration `yaml:"per" default:"1h" doc:"... and so many in each such time."`
}

// Deadline is a time that the user has.
type Deadline struct {
	Within   time.Duration   `yaml:"within" doc:"How long the user has."`
	OnMissed journey.Meaning `yaml:"on_missed" check:"meaning=that nothing was submitted" doc:"What it means if the API then shows that it is still asked for and not submitted: review, reject or on_hold."`
}

// defaultPolicy returns the policy before configuration.
func defaultPolicy() Policy {
	review := Ladder{RemindAfter: 24 * time.Hour, RemindEvery: 24 * time.Hour, EscalateAt: 72 * time.Hour}
	p := Policy{
		Review: Review{Ladder: review},
		AML: AML{
			Severities: []DatasetSeverity{{"SAN", journey.SeverityHigh}, {"PEP", journey.SeverityMedium}},
			Ladders: AlertLadders{
				Low:    Ladder{RemindAfter: 72 * time.Hour, EscalateAt: 168 * time.Hour},
				Medium: review,
				High:   Ladder{RemindAfter: 4 * time.Hour, RemindEvery: 8 * time.Hour, EscalateAt: 24 * time.Hour},
			},
		},
		Resubmission: Deadline{Within: 14 * 24 * time.Hour, OnMissed: journey.MeansReview},
		Renewal:      Deadline{Within: 30 * 24 * time.Hour, OnMissed: journey.MeansOnHold},
	}
	applyDefaults(&p)
	return p
}

// Policy returns what applies to a journey of the flow with IDWise's id; for a flow that is
// not listed, the account's defaults, marked Unlisted.
func (a *Account) Policy(flowID string) journey.Policy {
	flow, listed := a.Flow(flowID)
	declared := a.declaredPolicy(flowID)
	p := declared.journeyPolicy()
	p.Flow, p.Unlisted = flowID, !listed
	if listed {
		p.Flow, p.HasCustomStep = cmp.Or(flow.Name, flow.ID), flow.CustomStep
		for _, s := range flow.Steps {
			p.Steps = append(p.Steps, s.policy())
		}
	}
	for _, e := range a.Endpoints {
		p.Endpoints = append(p.Endpoints, e.Name)
	}
	// The version is a hash of everything else and of the ladders, which travel as
	// instants: equal versions mean equal policies wherever they were read.
	sum := sha256.Sum256(append(mustJSON(p), a.ladderVersion(declared)...))
	p.Version = hex.EncodeToString(sum[:6])
	return p
}

// declaredPolicy is the flow's or, if it is not listed, the account's.
func (a *Account) declaredPolicy(flowID string) Policy {
	if flow, listed := a.Flow(flowID); listed {
		return flow.Policy
	}
	return a.Overrides
}

func (p Policy) journeyPolicy() journey.Policy {
	var askAgain []journey.Duration
	for _, d := range p.AskAgain {
		askAgain = append(askAgain, journey.Duration(d))
	}
	var severities []journey.DatasetSeverity
	for _, s := range p.AML.Severities {
		severities = append(severities, journey.DatasetSeverity(s))
	}
	return journey.Policy{
		UserSteps:       slices.Clone(p.UserSteps),
		AskAgain:        askAgain,
		Hints:           journey.HintBudget{Looks: p.Hints.Looks, Per: journey.Duration(p.Hints.Per)},
		UserStepsWithin: journey.Duration(p.UserStepsWithin),
		ResultWithin:    journey.Duration(p.ResultWithin),
		ReviewLook:      journey.Duration(p.ReviewLook),
		ExpireAfter:     journey.Duration(p.ExpireAfter),
		UnknownAfter:    journey.Duration(p.UnknownAfter),
		AMLMatch:        p.AMLMatch,
		AML:             severities,
		Resubmission:    journey.DeadlinePolicy{Within: journey.Duration(p.Resubmission.Within), OnMissed: p.Resubmission.OnMissed},
		Renewal:         journey.DeadlinePolicy{Within: journey.Duration(p.Renewal.Within), OnMissed: p.Renewal.OnMissed},
		AdoptAfter:      journey.Duration(p.AdoptAfter),
		SpotCheckFailed: p.SpotCheckFailed,
	}
}

// mustJSON marshals text, numbers and durations: a failure is a bug in the types.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("marshalling a journey's policy: " + err.Error())
	}
	return b
}

func (p Policy) validate(path string, calendars []Calendar, found *faults) {
	for _, s := range p.UserSteps {
		id, ofStep := strings.CutPrefix(s, journey.UserStepDocumentOf)
		if !ofStep || !idwise.ValidID(id) {
			oneOf(found, path+".user_steps", reflect.ValueOf(s), journey.UserStepDocument+","+journey.UserStepSelfie)
		}
	}
	found.addIf(slices.Contains(p.AskAgain, 0), path+".ask_again", "has a wait of 0: write how long to wait, for example 2s")
	found.addIf(len(p.AskAgain) > 12, path+".ask_again", "has more than 12 waits: leave some out")
	found.addIf(p.Hints.Looks < 1, path+".hints.looks", "must be at least 1: no webhook would be followed")
	datasets := map[string]bool{}
	for _, s := range p.AML.Severities {
		at := path + ".aml.severities"
		found.addIf(s.Dataset == "", at, "has an item without a dataset: write IDWise's name of it, for example SAN")
		found.addIf(s.Dataset != "" && datasets[s.Dataset], at+"["+s.Dataset+"]", "is there twice: give each dataset one severity")
		datasets[s.Dataset] = true
	}
	_, known := find(calendars, func(c Calendar) bool { return c.Name == p.Calendar })
	if p.Calendar != "" && !known {
		found.add(path+".calendar", "is %q, which is no calendar: declare it under calendars, or correct the name", p.Calendar)
		return
	}
	hours, err := hoursOf(calendars, p.Calendar)
	if err != nil {
		return // a fault of the calendar itself
	}
	for _, l := range p.ladders() {
		l.validate(path+l.key, hours, found)
	}
}

// Review says how people are kept at a review.
type Review struct {
	Ladder Ladder `yaml:"ladder" doc:"When people are reminded of an open review, and what follows if nobody decides."`
}

// AML says how changes of AML matches are taken.
type AML struct {
	Severities []DatasetSeverity `yaml:"severities" doc:"How severe a change of a match is, by dataset; a change that concerns none of those listed is medium, of several the most severe counts. Default: SAN high, PEP medium. A list replaces the inherited one."`
	Ladders    AlertLadders      `yaml:"ladders" doc:"The same as review.ladder for the alerts of each severity."`
}

// DatasetSeverity is how severe a change of a match of one dataset is.
type DatasetSeverity struct {
	Dataset  string           `yaml:"dataset" doc:"IDWise's name of the dataset, for example SAN. Required."`
	Severity journey.Severity `yaml:"severity" check:"oneof=low,medium,high" doc:"low, medium or high. Required."`
}

// AlertLadders are the ladders of AML alerts by severity.
type AlertLadders struct {
	Low    Ladder `yaml:"low" doc:"Of alerts of low severity."`
	Medium Ladder `yaml:"medium" doc:"Of alerts of medium severity."`
	High   Ladder `yaml:"high" doc:"Of alerts of high severity."`
}

// Ladder says when people are reminded of what waits for them, and what follows if they do
// not act. All times are working time since it began to wait.
type Ladder struct {
	RemindAfter time.Duration   `yaml:"remind_after" doc:"First reminder."`
	RemindEvery time.Duration   `yaml:"remind_every" doc:"Time between further reminders, which end at escalate_at, else at finally_at; at most 12 in all."`
	EscalateAt  time.Duration   `yaml:"escalate_at" doc:"From then on it is overdue."`
	FinallyAt   time.Duration   `yaml:"finally_at" doc:"When the policy decides because no person did; with finally."`
	Finally     journey.Outcome `yaml:"finally" doc:"What the policy then decides: rejected or on_hold; never approved. Without it, it waits on."`
}

// Ladders returns the ladders that apply to a journey of the flow with IDWise's id: that of
// reviews, then those of AML alerts of low, medium and high severity.
func (a *Account) Ladders(flowID string) []calendar.Declared {
	p := a.declaredPolicy(flowID)
	hours, _ := hoursOf(a.calendars, p.Calendar) // Load refuses a calendar with a fault
	var list []calendar.Declared
	for _, l := range p.ladders() {
		list = append(list, calendar.Declared{
			Name: l.name, RemindAfter: l.RemindAfter, RemindEvery: l.RemindEvery,
			EscalateAt: l.EscalateAt, FinallyAt: l.FinallyAt, Finally: l.Finally, Hours: hours,
		})
	}
	return list
}

// namedLadder is a ladder, its name in a journey and its key below the policy.
type namedLadder struct {
	Ladder
	name, key string
}

func (p Policy) ladders() []namedLadder {
	return []namedLadder{
		{p.Review.Ladder, journey.LadderReview, ".review.ladder"},
		{p.AML.Ladders.Low, journey.AlertLadder(journey.SeverityLow), ".aml.ladders.low"},
		{p.AML.Ladders.Medium, journey.AlertLadder(journey.SeverityMedium), ".aml.ladders.medium"},
		{p.AML.Ladders.High, journey.AlertLadder(journey.SeverityHigh), ".aml.ladders.high"},
	}
}

// hoursOf returns the hours of the calendar of that name; without one, every hour counts.
func hoursOf(calendars []Calendar, name string) (calendar.Hours, error) {
	c, ok := find(calendars, func(c Calendar) bool { return c.Name == name })
	if !ok {
		return calendar.Plain(), nil
	}
	return c.hours()
}

// ladderVersion is the ladders' part of a policy's version: they also decide.
func (a *Account) ladderVersion(p Policy) []byte {
	hours, _ := find(a.calendars, func(c Calendar) bool { return c.Name == p.Calendar })
	hours.Name = ""
	return mustJSON(struct {
		Review Ladder
		AML    AlertLadders
		Hours  Calendar
	}{p.Review.Ladder, p.AML.Ladders, hours})
}

// farthest bounds how far ahead a ladder may reach.
const farthest = 5 * 365 * 24 * time.Hour

func (l Ladder) validate(path string, hours calendar.Hours, found *faults) {
	l.validateFinally(path, found)
	end, name := l.EscalateAt, "escalate_at"
	if end == 0 {
		end, name = l.FinallyAt, "finally_at"
	}
	switch {
	case l.RemindEvery > 0 && l.RemindAfter == 0:
		found.add(path+".remind_every", "is set without remind_after: say when the first reminder is")
	case end > 0 && l.RemindAfter >= end:
		found.add(path+".remind_after", "(%s) is not before %s (%s): nobody would be reminded; correct one of them", shortDuration(l.RemindAfter), name, shortDuration(end))
	case l.RemindEvery > 0 && l.RemindAfter+(calendar.MaxReminders-1)*l.RemindEvery < end-l.RemindEvery:
		found.add(path+".remind_every", "(%s) makes more than %d reminders until %s (%s): remind less often", shortDuration(l.RemindEvery), calendar.MaxReminders, name, shortDuration(end))
	}
	longest := max(l.RemindAfter, l.EscalateAt, l.FinallyAt)
	ahead := float64(longest) * float64(7*calendar.Day) / float64(hours.OpenPerWeek())
	found.addIf(ahead > float64(farthest), path, "reaches more than five years ahead in its calendar's hours: shorten it")
}

// validateFinally refuses approval as the result of a timeout.
func (l Ladder) validateFinally(path string, found *faults) {
	switch {
	case l.Finally == "approve" || l.Finally == journey.OutcomeApproved:
		found.add(path+".finally", "cannot approve: that nobody decided is no evidence; write rejected or on_hold")
	case l.Finally != "":
		oneOf(found, path+".finally", reflect.ValueOf(l.Finally), "rejected,on_hold")
	}
	found.addIf(l.Finally != "" && l.FinallyAt == 0, path+".finally_at", "is missing: say when the policy decides %s", l.Finally)
	found.addIf(l.Finally == "" && l.FinallyAt != 0, path+".finally",
		"is missing: say what the policy decides at finally_at, rejected or on_hold")
	found.addIf(l.Finally != "" && l.FinallyAt != 0 && l.FinallyAt <= l.EscalateAt, path+".finally_at",
		"(%s) is not after escalate_at (%s): people are told before the policy decides for them", shortDuration(l.FinallyAt), shortDuration(l.EscalateAt))
}
