package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// Five years of a customer: an approval, a new AML match every quarter that an operator
// dismisses, a renewal and a failed spot check every year that an operator approves, and
// the end of the relationship. The harness follows every continue-as-new.
func TestFiveYears(t *testing.T) {
	t.Parallel()
	l := &life{Case: journeytest.Case{
		Name: "five-years", About: "Five years of a customer.",
		Steps:  map[string]journey.StepAnswer{"government-face": {Outcome: journey.StepPassed}},
		Truths: map[string]journey.Verdict{},
		Policy: []byte(`{"steps": [], "hasCustomStep": true}`),
	}}
	l.verdict = journey.Verdict{Ended: true, Documents: 1, Selfie: "Complete", System: journey.Complete, Final: journey.Complete, Subject: "s0"}
	submitted := l.verdict
	submitted.Ended, submitted.System, submitted.Final = false, journey.Incomplete, journey.Incomplete
	l.Truths["submitted"] = submitted
	l.add(journeytest.Moment{Truth: "submitted", Event: journey.FinishedUserSteps})
	l.add(journeytest.Moment{After: "complete", Truth: l.truth(), Event: journey.FinishedJourney})
	l.expect("approved vendor")
	for y := range 5 {
		for q := range 4 {
			l.match(4*y + q + 1)
		}
		l.renew(y + 1)
		l.failSpotCheck(y + 1)
	}
	l.add(journeytest.Moment{After: (30 * day).String(), Act: &journey.Act{Kind: journey.UpdateEnd, Actor: "officer", Reason: "account closed"}})
	l.Expect.Within, l.Expect.Phase, l.Expect.Standing = journey.Duration(day), journey.Ended, journey.OutcomeApproved
	l.Expect.Completed = true
	l.Expect.Messages = map[journey.MessageType]int{
		journey.MessageDecided: len(l.Expect.Decisions), journey.MessageAMLChanged: 20, journey.MessageRenewalDue: 5,
		// Each match and each failed spot check; an operator's decision about a match leaves
		// nothing open.
		journey.MessageReviewRequired: 25,
	}

	p := newPlayer(t, l.Case)
	p.mayRun = 100
	p.play()
	if diff := p.world.Diff(p.state); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lived := p.now.Sub(p.state.OpenedAt); lived < 5*year {
		t.Errorf("the journey lived for %s, want five years", lived)
	}
	if p.runs < 20 {
		t.Errorf("the workflow ran %d times: it should continue as new every 90 days that something wakes it", p.runs)
	}
	if got := len(p.state.Look.Seen); got > 64 {
		t.Errorf("%d event ids are remembered", got)
	}
	t.Logf("%d runs, %d events, %d fetches", p.runs, p.state.Counts.Events, p.state.Counts.Fetches)
}

// life builds a case year by year.
type life struct {
	journeytest.Case
	verdict journey.Verdict
	truths  int
}

func (l *life) add(m journeytest.Moment) { l.Timeline = append(l.Timeline, m) }

func (l *life) expect(decisions ...string) {
	l.Expect.Decisions = append(l.Expect.Decisions, decisions...)
}

// truth names the current verdict.
func (l *life) truth() string {
	l.truths++
	name := fmt.Sprintf("truth-%d", l.truths)
	v := l.verdict
	v.AML.Matches = slices.Clone(v.AML.Matches)
	l.Truths[name] = v
	return name
}

// match: a quarter later monitoring finds a match, and an operator dismisses it.
func (l *life) match(version int) {
	l.verdict.AML.Applicability, l.verdict.AML.Version = "Applicable", version
	l.verdict.AML.Matches = append(l.verdict.AML.Matches, journey.AMLMatch{
		ID: fmt.Sprintf("m%d", version), Datasets: []string{"PEP"}, Version: version, MonitorUpdate: "Added",
	})
	l.add(journeytest.Moment{After: (91 * day).String(), Truth: l.truth(), Event: journey.AMLMonitorUpdate, Hint: journey.Hint{AMLVersion: version}})
	l.add(journeytest.Moment{After: day.String(), Review: &journey.Reviewed{Disposition: journey.FalsePositive, Actor: "officer", Reason: "another date of birth"}})
	l.expect("on_hold policy", "approved operator")
}

// renew: a renewal is due, and is submitted ten days later.
func (l *life) renew(round int) {
	l.verdict.FailedRules = []string{"expired_document"}
	l.add(journeytest.Moment{After: day.String(), Truth: l.truth(), Event: journey.VerificationUpdateRequired, Hint: journey.Hint{
		Trigger: "KYC Renewal", RequiredSteps: []journey.RequiredStep{{StepID: "10", ReasonCode: "expired"}},
	}})
	l.verdict.Subject, l.verdict.FailedRules = fmt.Sprintf("s%d", round), nil
	l.add(journeytest.Moment{After: (10 * day).String(), Truth: l.truth(), Event: journey.UpdatedJourney, Hint: journey.Hint{Action: "Step Update"}})
	l.add(journeytest.Moment{Event: journey.FinishedJourney})
}

// failSpotCheck: a spot check fails, and an operator approves again.
func (l *life) failSpotCheck(n int) {
	l.add(journeytest.Moment{After: day.String(), Event: journey.SpotCheckFailed, Hint: journey.Hint{SpotCheck: fmt.Sprintf("spot-%d", n)}})
	l.add(journeytest.Moment{After: day.String(), Review: &journey.Reviewed{Outcome: journey.OutcomeApproved, Actor: "officer", Reason: "seen in the branch"}})
	l.expect("approved operator")
}
