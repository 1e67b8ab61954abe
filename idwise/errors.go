package idwise

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"idjourney/outbound"
)

// Errors of a request that the vendor did not report itself.
var (
	// ErrUnreadable means that the answer is not what the operation returns: it is not
	// JSON, too large, or without a journey id.
	ErrUnreadable = errors.New("the vendor's answer cannot be read")
	// ErrOtherJourney means that the answer is about a journey other than the requested one.
	ErrOtherJourney = errors.New("the vendor's answer is about another journey")
	// ErrNotSent means that no request was sent: an argument is invalid, or it is not yet
	// the request's turn.
	ErrNotSent = errors.New("no request was sent to the vendor")
)

var errNoID = fmt.Errorf("no id: %w", ErrUnreadable)

// codeMissing is the vendor's error_code for an unknown id.
const codeMissing = "missing_requested_resource"

// APIError is an unsuccessful answer of the vendor.
type APIError struct {
	Status int // of HTTP
	// Code is the vendor's error_code; "" if the vendor's envelope is missing.
	Code string
	// RetryAfter is how long the vendor asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// HasEnvelope is true if the body is the vendor's own error envelope and not, for
	// example, a gateway's page.
	HasEnvelope bool
	// Held is true if no request was sent because an earlier answer asked this client to
	// wait or because other requests come first. The error then wraps ErrNotSent.
	Held bool
}

// Unwrap returns ErrNotSent if the request was held back.
func (e *APIError) Unwrap() error {
	if e.Held {
		return ErrNotSent
	}
	return nil
}

// Error names status and code. It leaves out the vendor's message, which may contain
// personal data.
func (e *APIError) Error() string {
	if e.Held {
		return "not sent, it is not its turn yet"
	}
	return strings.TrimSpace(fmt.Sprintf("the vendor answered %d %s", e.Status, e.Code))
}

// IsMissing reports whether the vendor, in its own error envelope, says that it does not
// know the journey. A bare 404 does not count: our path may be wrong.
func IsMissing(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.HasEnvelope && api.Code == codeMissing && api.Status < 500
}

// IsDenied reports whether the request cannot succeed as it is: 401, 403, a bare 404, a
// redirect, or another 4xx that waiting does not cure. The likely cause is wrong
// credentials, a wrong path or a wrong order of requests; it says nothing about the journey.
func IsDenied(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	if !ok || IsMissing(err) {
		return false
	}
	redirect := api.Status >= 300 && api.Status < 400
	return redirect || outbound.Judge(api.Status) == outbound.Refused
}

// RetryAfter returns how long the vendor asked to wait before the next request; 0 if it
// gave no time.
func RetryAfter(err error) time.Duration {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.RetryAfter
	}
	return 0
}

// Definite reports whether the request was certainly not processed: it was never sent, or
// the vendor refused it. False means that it may have been: check before repeating it.
func Definite(err error) bool {
	if errors.Is(err, ErrNotSent) {
		return true
	}
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.Status >= 400 && api.Status < 500 && api.Status != http.StatusRequestTimeout
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	_, lookup := errors.AsType[*net.DNSError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return lookup || certificate
}

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
