package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"idjourney/idwise"
	"idjourney/journey"
)

// retryable is an error with a code, for a retry after the wait, or by the retry policy if
// it is 0. It keeps the cause's text: the errors of idwise, government, notify and ledger
// contain neither personal data nor secrets.
func retryable(code string, err error, wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), code, temporal.ApplicationErrorOptions{NextRetryDelay: wait})
}

// postponed frees the activity's slot until a limit of ours allows the effect. It is not a
// failure.
func postponed(code, sentence string, wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(sentence, code, temporal.ApplicationErrorOptions{
		NextRetryDelay: wait, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// unlisted is retried: another worker's configuration may list the name, while workers start
// or stop.
func unlisted(kind, name, more string) error {
	return retryable(kind+"_unlisted", fmt.Errorf("the configuration of this worker lists no %s %q%s", kind, name, more), 0)
}

// ledgerError is nil for nil.
func ledgerError(err error) error {
	if err == nil {
		return nil
	}
	return retryable("ledger_unavailable", err, 0)
}

// problem is what a request's error says about the journey; "" if it says nothing. The
// request is then worth a retry, and retry is its error.
func problem(ctx context.Context, err error) (p journey.Problem, retry error) {
	switch {
	case err == nil:
		return "", nil
	case idwise.IsMissing(err):
		return journey.ProblemMissing, nil
	case idwise.IsDenied(err):
		return journey.ProblemDenied, nil
	case errors.Is(err, idwise.ErrUnreadable), errors.Is(err, idwise.ErrOtherJourney):
		return journey.ProblemUnreadable, nil
	default:
		return "", vendorUnavailable(ctx, err)
	}
}

// vendorUnavailable is a failed request that is worth a retry, after as long as the vendor
// asked for.
func vendorUnavailable(ctx context.Context, err error) error {
	wait := withinBudget(ctx, idwise.RetryAfter(err))
	if errors.Is(err, idwise.ErrNotSent) {
		return postponed("vendor_throttled", err.Error(), wait)
	}
	return retryable("vendor_unavailable", err, wait)
}

// withinBudget shortens a wait that would otherwise end the activity: Temporal starts no
// attempt after the time-out.
func withinBudget(ctx context.Context, wait time.Duration) time.Duration {
	info := activity.GetInfo(ctx)
	if info.ScheduleToCloseTimeout <= 0 {
		return wait
	}
	left := time.Until(info.ScheduledTime.Add(info.ScheduleToCloseTimeout))
	return min(wait, max(left/2, time.Second))
}
