package config

import (
	"slices"
	"strings"
	"time"

	"idjourney/calendar"
	"idjourney/idwise"
	"idjourney/journey"
)

// farthest bounds how far ahead a ladder may reach.
const farthest = 5 * 365 * 24 * time.Hour

func (p Policy) validate(path string, calendars []Calendar, found *faults) {
	for _, s := range p.UserSteps {
		if id, ok := strings.CutPrefix(s, journey.UserStepDocumentOf); ok && idwise.ValidID(id) {
			continue
		}
		oneOf(found, path+".user_steps", s, journey.UserStepDocument, journey.UserStepSelfie)
	}
	if slices.Contains(p.AskAgain, time.Duration(0)) {
		found.add(path+".ask_again", "has a wait of 0: write how long to wait, for example 2s")
	}
	if len(p.AskAgain) > 12 {
		found.add(path+".ask_again", "has more than 12 waits: leave some out")
	}
	if p.Hints.Looks < 1 {
		found.add(path+".hints.looks", "must be at least 1: no webhook would be followed")
	}
	oneOf(found, path+".aml_match", string(p.AMLMatch), string(journey.AMLMeansOnHold), string(journey.AMLMeansTell))
	oneOf(found, path+".spot_check_failed", string(p.SpotCheckFailed), string(journey.SpotCheckMeansReview), string(journey.SpotCheckMeansTell))
	const silence = "that nothing was submitted"
	validateMeaning(found, path+".resubmission.on_missed", p.Resubmission.OnMissed, silence)
	validateMeaning(found, path+".renewal.on_missed", p.Renewal.OnMissed, silence)
	p.AML.validateSeverities(path+".aml.severities", found)
	p.validateLadders(path, calendars, found)
}

func (a AML) validateSeverities(path string, found *faults) {
	seen := map[string]bool{}
	for _, s := range a.Severities {
		at := path + "[" + s.Dataset + "]"
		switch {
		case s.Dataset == "":
			found.add(path, "has an item without a dataset: write IDWise's name of it, for example SAN")
		case seen[s.Dataset]:
			found.add(at, "is there twice: give each dataset one severity")
		}
		seen[s.Dataset] = true
		oneOf(found, at+".severity", string(s.Severity), string(journey.SeverityLow), string(journey.SeverityMedium), string(journey.SeverityHigh))
	}
}

func (p Policy) validateLadders(path string, calendars []Calendar, found *faults) {
	hours := calendar.Plain()
	if p.Calendar != "" {
		i := slices.IndexFunc(calendars, func(c Calendar) bool { return c.Name == p.Calendar })
		if i < 0 {
			found.add(path+".calendar", "is %q, which is no calendar: declare it under calendars, or correct the name", p.Calendar)
			return
		}
		var err error
		if hours, err = calendars[i].hours(); err != nil {
			return // said of the calendar itself
		}
	}
	p.Review.Ladder.validate(path+".review.ladder", hours, found)
	p.AML.Ladders.Low.validate(path+".aml.ladders.low", hours, found)
	p.AML.Ladders.Medium.validate(path+".aml.ladders.medium", hours, found)
	p.AML.Ladders.High.validate(path+".aml.ladders.high", hours, found)
}

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
	if ahead := float64(longest) * float64(7*calendar.Day) / float64(hours.OpenPerWeek()); ahead > float64(farthest) {
		found.add(path, "reaches more than five years ahead in its calendar's hours: shorten it")
	}
}

// validateFinally keeps approval out of reach of silence.
func (l Ladder) validateFinally(path string, found *faults) {
	switch {
	case l.Finally == "approve" || l.Finally == journey.OutcomeApproved:
		found.add(path+".finally", "cannot approve: that nobody decided is no evidence; write rejected or on_hold")
	case l.Finally != "":
		oneOf(found, path+".finally", string(l.Finally), string(journey.OutcomeRejected), string(journey.OutcomeOnHold))
	}
	switch {
	case l.Finally != "" && l.FinallyAt == 0:
		found.add(path+".finally_at", "is missing: say when the policy decides %s", l.Finally)
	case l.Finally == "" && l.FinallyAt != 0:
		found.add(path+".finally", "is missing: say what the policy decides at finally_at, rejected or on_hold")
	case l.FinallyAt != 0 && l.FinallyAt <= l.EscalateAt:
		found.add(path+".finally_at", "(%s) is not after escalate_at (%s): people are told before the policy decides for them", shortDuration(l.FinallyAt), shortDuration(l.EscalateAt))
	}
}
