package activities

import (
	"context"

	"idjourney/journey"
)

// CompleteCustomStep tells the vendor that no further custom step follows. It cannot be
// undone. If a worker is killed after the request, the next attempt repeats it, and the
// vendor may refuse the repetition: the result then shows whether the first one took effect.
func (a *Activities) CompleteCustomStep(ctx context.Context, in journey.CompleteInput) (answer journey.CompleteAnswer, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	err = acc.vendor.CompleteCustomStep(ctx, in.JourneyID)
	switch refusal, _ := problem(ctx, err); {
	case err == nil:
		return answer, nil
	case refusal != journey.ProblemDenied && refusal != journey.ProblemMissing:
		return answer, vendorUnavailable(ctx, err)
	}
	result, err := acc.next.Result(ctx, in.JourneyID)
	refusal, retry := problem(ctx, err)
	if retry == nil && (refusal != "" || !result.Ended()) {
		answer.Problem = "refused"
	}
	return answer, retry // on an error, it is not known yet whether the first one took effect
}
