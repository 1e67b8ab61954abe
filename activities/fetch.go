package activities

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"idjourney/calendar"
	"idjourney/journey"
	"idjourney/ledger"
)

// Fetch fetches the journey's result from the vendor and returns the verdict in it, with
// the policy of its flow. "No such journey" and "not allowed" are answers, not failures:
// the journey decides what they mean.
func (a *Activities) Fetch(ctx context.Context, in journey.FetchInput) (answer journey.FetchAnswer, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	if in.Hinted && !acc.hints.Allow() && early(activity.GetInfo(ctx)) {
		a.measure.HintsPostponed.Add(ctx, in.Account)
		return answer, postponed("hints_over_budget", "the account's budget of fetches that webhooks cause is used up", 2*time.Second)
	}
	answer.Policy = acc.config.Policy("")
	if in.WantBaseline {
		if answer.Baseline, answer.Known, err = a.baseline(ctx, in); err != nil {
			return answer, err
		}
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	if answer.Problem, err = problem(ctx, err); err != nil || answer.Problem != "" {
		return answer, err
	}
	answer.Policy = acc.config.Policy(result.FlowID)
	verdict := a.verdict(result)
	answer.Verdict = &verdict
	answer.Ladders = ladders(acc.config.Ladders(result.FlowID), in, verdict, time.Now())
	answer.ReferenceHash = a.keyed("reference", result.ReferenceNumber)
	// The phase is that of the request: the vendor may have been slow, and the journey may
	// have moved on.
	err = a.ledger.SaveJourney(ctx, ledger.Journey{
		Account: in.Account, JourneyID: in.JourneyID, Reference: result.ReferenceNumber,
		Flow: answer.Policy.Flow, Phase: in.Phase, UpdatedAt: in.At,
	})
	return answer, ledgerError(err)
}

// early says that more than half of the activity's time is left. A hint waits for the
// account's budget no longer: it must not end as an outage of IDWise.
func early(info activity.Info) bool {
	return info.ScheduleToCloseTimeout <= 0 || time.Since(info.ScheduledTime) < info.ScheduleToCloseTimeout/2
}

// ladders returns the declared ladders as instants, if they may be needed: that of a
// review when the vendor has decided; those of AML alerts when there are matches or, since
// all may have been removed, when the journey was finished before.
func ladders(declared []calendar.Declared, in journey.FetchInput, v journey.Verdict, now time.Time) (list []journey.Ladder) {
	reviewed := v.Final != "" && v.Final != journey.Incomplete
	alerted := len(v.AML.Matches) > 0 || v.AML.Applicability == "Applicable" &&
		slices.Contains([]journey.Phase{journey.Settled, journey.AwaitingReview, journey.AwaitingResubmission}, in.Phase)
	for _, d := range declared {
		switch {
		case d.Name == journey.LadderReview && reviewed:
			list = append(list, d.Ladder(in.Clock, now))
		case d.Name != journey.LadderReview && alerted:
			list = append(list, d.Ladder(journey.Clock{}, now))
		}
	}
	return list
}

// baseline is the ledger's standing of a journey whose workflow has none, because it was
// closed; nil if nothing was ever decided. Known says that the ledger has the journey's
// flow.
func (a *Activities) baseline(ctx context.Context, in journey.FetchInput) (standing *journey.Standing, known bool, err error) {
	j, err := a.journey(ctx, in.Account, in.JourneyID)
	if err != nil || j.Standing.Sequence == 0 {
		return nil, j.Flow != "", ledgerError(err)
	}
	return &j.Standing, true, nil
}
