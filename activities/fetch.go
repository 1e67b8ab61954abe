package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"idjourney/calendar"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// Fetch fetches the journey's result from the vendor and returns the verdict in it, with
// the policy of its flow. "No such journey" and "not allowed" are answers, not failures:
// the journey decides what they mean.
func (a *Activities) Fetch(ctx context.Context, in journey.FetchInput) (journey.FetchAnswer, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.FetchAnswer{}, err
	}
	if in.Hinted && !acc.hints.Allow() && early(activity.GetInfo(ctx)) {
		a.measure.HintsPostponed.Add(ctx, in.Account)
		return journey.FetchAnswer{}, temporal.NewApplicationErrorWithOptions(
			"the account's budget of fetches that webhooks cause is used up", "hints_over_budget",
			temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign, NextRetryDelay: 2 * time.Second})
	}
	answer := journey.FetchAnswer{Policy: acc.config.Policy("")}
	if in.WantBaseline {
		if answer.Baseline, answer.Known, err = a.baseline(ctx, in); err != nil {
			return journey.FetchAnswer{}, err
		}
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	if err != nil {
		if answer.Problem = problem(err); answer.Problem == "" {
			return journey.FetchAnswer{}, vendorUnavailable(ctx, err)
		}
		return answer, nil
	}
	answer.Policy = acc.config.Policy(result.FlowID)
	verdict := a.verdict(result)
	answer.Verdict = &verdict
	answer.Ladders = ladders(acc.config.Ladders(result.FlowID), in, verdict, time.Now())
	answer.ReferenceHash = a.keyed("reference", result.ReferenceNumber)
	err = a.ledger.SaveJourney(ctx, ledger.Journey{
		Account: in.Account, JourneyID: in.JourneyID, Reference: result.ReferenceNumber,
		// The phase is that of the request; the vendor may have been slow, and the journey may
		// have moved on.
		Flow: answer.Policy.Flow, Phase: in.Phase, UpdatedAt: in.At,
	})
	if err != nil {
		return journey.FetchAnswer{}, retryable("ledger_unavailable", err, 0)
	}
	return answer, nil
}

// early says that more than half of the activity's time is left. A hint waits for the
// account's budget no longer: it must not end as an outage of IDWise.
func early(info activity.Info) bool {
	return info.ScheduleToCloseTimeout <= 0 || time.Since(info.ScheduledTime) < info.ScheduleToCloseTimeout/2
}

// problem is what a failed request says about the journey; "" if it says nothing and has
// to be retried.
func problem(err error) journey.Problem {
	switch {
	case idwise.IsMissing(err):
		return journey.ProblemMissing
	case idwise.IsDenied(err):
		return journey.ProblemDenied
	case errors.Is(err, idwise.ErrUnreadable), errors.Is(err, idwise.ErrOtherJourney):
		return journey.ProblemUnreadable
	default:
		return ""
	}
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
	j, err := a.ledger.Journey(ctx, in.Account, in.JourneyID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, retryable("ledger_unavailable", err, 0)
	case j.Standing.Sequence == 0:
		return nil, j.Flow != "", nil
	}
	return &j.Standing, true, nil
}
