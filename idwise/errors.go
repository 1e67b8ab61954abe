package idwise

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"idjourney/outbound"
)

// Errors of a call that are no answer of the vendor's.
var (
	// ErrUnreadable means that an answer came and is not what the operation answers:
	// not JSON, too large, or without a journey id.
	ErrUnreadable = errors.New("the vendor's answer cannot be read")
	// ErrOtherJourney means that the answer is about another journey than asked for.
	ErrOtherJourney = errors.New("the vendor's answer is about another journey")
	// ErrNotSent means that no request was made: an argument cannot be used, or it is
	// not the call's turn.
	ErrNotSent = errors.New("no request was sent to the vendor")
)

// codeMissing is the vendor's error_code for an id that it does not know.
const codeMissing = "missing_requested_resource"

// APIError is an answer of the vendor's that is no success.
type APIError struct {
	Operation Operation
	// Status is the HTTP status.
	Status int
	// Code is the vendor's error_code, "" without the vendor's envelope.
	Code string
	// RetryAfter is how long the vendor asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// HasEnvelope is true if the body was the vendor's own error envelope and not,
	// for example, a gateway's page.
	HasEnvelope bool
	// Held is true if no request was made: an earlier answer asked this client to
	// wait, or others come first. The error then wraps ErrNotSent.
	Held bool
}

// Unwrap gives ErrNotSent for a call that was held.
func (e *APIError) Unwrap() error {
	if e.Held {
		return ErrNotSent
	}
	return nil
}

// Error names the operation, status and code. The vendor's message is left out: it
// may hold personal data.
func (e *APIError) Error() string {
	switch {
	case e.Held:
		return fmt.Sprintf("calling %s: not sent, it is not its turn yet", e.Operation)
	case e.Code != "":
		return fmt.Sprintf("calling %s: the vendor answered %d %s", e.Operation, e.Status, e.Code)
	}
	return fmt.Sprintf("calling %s: the vendor answered %d", e.Operation, e.Status)
}

// IsMissing says that the vendor itself, by its own error envelope, says that it
// does not know the journey. A bare 404 does not: that may be a wrong path of ours.
func IsMissing(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.HasEnvelope && api.Code == codeMissing && api.Status < 500
}

// IsDenied says that the call cannot succeed as it is: 401, 403, a bare 404, a
// redirect, or another 4xx that waiting does not cure. It is most likely a mistake
// in credentials, paths or order of calls, never a statement about the journey.
func IsDenied(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	if !ok || IsMissing(err) {
		return false
	}
	redirect := api.Status >= 300 && api.Status < 400
	return redirect || outbound.Judge(api.Status) == outbound.Refused
}

// RetryAfter is how long the vendor asked to wait before the next call; false if it
// named no time.
func RetryAfter(err error) (time.Duration, bool) {
	api, ok := errors.AsType[*APIError](err)
	if !ok || api.RetryAfter <= 0 {
		return 0, false
	}
	return api.RetryAfter, true
}

// Definite says that the request surely was not processed: it never left, or the
// vendor refused it. False means that it may have been: look before doing it again.
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
