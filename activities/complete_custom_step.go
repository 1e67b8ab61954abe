package activities

import (
	"context"
	"errors"

	"idjourney/idwise"
	"idjourney/journey"
)

// CompleteCustomStep tells the vendor that no further custom step follows. It cannot be
// undone. If a worker is killed after the request, the next attempt repeats it, and the
// vendor may refuse the repetition: the result then shows whether the first one took effect.
func (a *Activities) CompleteCustomStep(ctx context.Context, in journey.CompleteInput) (journey.CompleteAnswer, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.CompleteAnswer{}, err
	}
	err = acc.vendor.CompleteCustomStep(ctx, in.JourneyID)
	switch {
	case err == nil:
		return journey.CompleteAnswer{}, nil
	case !idwise.IsDenied(err) && !idwise.IsMissing(err):
		return journey.CompleteAnswer{}, vendorUnavailable(ctx, err)
	}
	result, err := acc.next.Result(ctx, in.JourneyID)
	switch {
	case err == nil && result.Ended():
		return journey.CompleteAnswer{}, nil
	case err == nil, idwise.IsDenied(err), idwise.IsMissing(err), errors.Is(err, idwise.ErrUnreadable), errors.Is(err, idwise.ErrOtherJourney):
		return journey.CompleteAnswer{Problem: "refused"}, nil
	default: // it is not known yet whether the first one took effect
		return journey.CompleteAnswer{}, vendorUnavailable(ctx, err)
	}
}
