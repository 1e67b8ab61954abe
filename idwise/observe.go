package idwise

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Outcome says how a call of the vendor's API ended. The set is closed.
type Outcome string

// How calls end.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeMissing     Outcome = "missing"     // the vendor knows no such journey
	OutcomeDenied      Outcome = "denied"      // credentials, path or order of calls
	OutcomeThrottled   Outcome = "throttled"   // the vendor asks for fewer calls
	OutcomeFailed      Outcome = "failed"      // the vendor's own error
	OutcomeUnreachable Outcome = "unreachable" // no answer, or none in time
	OutcomeUnreadable  Outcome = "unreadable"  // an answer that is none
	OutcomeHeld        Outcome = "held"        // not sent: it was not its turn
)

// Outcomes lists them.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeOK, OutcomeMissing, OutcomeDenied, OutcomeThrottled,
		OutcomeFailed, OutcomeUnreachable, OutcomeUnreadable, OutcomeHeld,
	}
}

// ObserveFunc is told of every call: how it ended and how long the vendor took, 0
// if nothing was sent.
type ObserveFunc func(ctx context.Context, op Operation, outcome Outcome, took time.Duration)

// outcomeOf classifies what a call returned.
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
