package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// Fetch asks the vendor for the journey's result and answers the verdict in it,
// with the policy that applies to its flow. "No such journey" and "not allowed"
// are answers, not failures: what they mean is the journey's to say.
func (a *Activities) Fetch(ctx context.Context, in journey.FetchInput) (journey.FetchAnswer, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.FetchAnswer{}, err
	}
	answer := journey.FetchAnswer{Policy: acc.config.Policy("")}
	if in.WantBaseline {
		if answer.Baseline, err = a.baseline(ctx, in); err != nil {
			return journey.FetchAnswer{}, err
		}
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	switch {
	case err == nil:
	case idwise.IsMissing(err):
		answer.Problem = journey.ProblemMissing
		return answer, nil
	case idwise.IsDenied(err):
		answer.Problem = journey.ProblemDenied
		return answer, nil
	case errors.Is(err, idwise.ErrUnreadable), errors.Is(err, idwise.ErrOtherJourney):
		answer.Problem = journey.ProblemUnreadable
		return answer, nil
	default:
		return journey.FetchAnswer{}, vendorUnavailable(err)
	}
	answer.Policy = acc.config.Policy(result.FlowID)
	verdict := a.verdict(result)
	answer.Verdict = &verdict
	answer.ReferenceHash = a.keyed("reference", result.ReferenceNumber)
	err = a.ledger.SaveJourney(ctx, ledger.Journey{
		Account: in.Account, JourneyID: in.JourneyID, Reference: result.ReferenceNumber,
		// The phase is that of the moment of asking; the vendor may have taken long,
		// and the journey may have moved on.
		Flow: answer.Policy.Flow, Phase: in.Phase, UpdatedAt: activity.GetInfo(ctx).ScheduledTime,
	})
	if err != nil {
		return journey.FetchAnswer{}, retryable("ledger_unavailable", err, 0)
	}
	return answer, nil
}

// baseline is the ledger's standing of a journey whose workflow has none, because
// it closed before; nil if nothing was ever decided.
func (a *Activities) baseline(ctx context.Context, in journey.FetchInput) (*journey.Standing, error) {
	known, err := a.ledger.Journey(ctx, in.Account, in.JourneyID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, retryable("ledger_unavailable", err, 0)
	case known.Standing.Sequence == 0:
		return nil, nil
	}
	return &known.Standing, nil
}
