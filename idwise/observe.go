package idwise

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Outcome is how a request to the vendor's API ended. The set is closed.
type Outcome string

// The outcomes of a request.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeMissing     Outcome = "missing"     // the vendor does not know the journey
	OutcomeDenied      Outcome = "denied"      // credentials, path or order of requests
	OutcomeThrottled   Outcome = "throttled"   // the vendor asks for fewer requests
	OutcomeFailed      Outcome = "failed"      // the vendor's own error
	OutcomeUnreachable Outcome = "unreachable" // no answer, or none in time
	OutcomeUnreadable  Outcome = "unreadable"  // not what the operation returns
	OutcomeHeld        Outcome = "held"        // not sent: not yet its turn
)

// Outcomes lists all outcomes.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeOK, OutcomeMissing, OutcomeDenied, OutcomeThrottled,
		OutcomeFailed, OutcomeUnreachable, OutcomeUnreadable, OutcomeHeld,
	}
}

// ObserveFunc receives the outcome of every request and how long the vendor took, 0 if
// nothing was sent.
type ObserveFunc func(ctx context.Context, op Operation, outcome Outcome, took time.Duration)

// outcomeOf classifies the error of a request.
func outcomeOf(err error) Outcome {
	api, refused := errors.AsType[*APIError](err)
	switch {
	case err == nil:
		return OutcomeOK
	case errors.Is(err, ErrNotSent):
		return OutcomeHeld
	case errors.Is(err, ErrUnreadable), errors.Is(err, ErrOtherJourney):
		return OutcomeUnreadable
	case !refused:
		return OutcomeUnreachable
	case IsMissing(err):
		return OutcomeMissing
	case api.Status == http.StatusTooManyRequests:
		return OutcomeThrottled
	case IsDenied(err):
		return OutcomeDenied
	default:
		return OutcomeFailed
	}
}
