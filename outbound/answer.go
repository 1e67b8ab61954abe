package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answer is what the other side answered, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	// Body is all of the body if BodyErr is nil, else as much of it as was read.
	Body []byte
	// BodyErr is ErrTooLarge or an [*Error].
	BodyErr error
	// RetryAfter is how long the other side asks for no requests, at most
	// [MaxRetryAfter]; 0 if it does not ask.
	RetryAfter time.Duration
}

// Verdict says what a status means to a sender that may repeat the request.
type Verdict int

// The verdicts. Refused does not change with time, Throttled and Temporary may.
const (
	Success   Verdict = iota + 1 // 2xx
	Refused                      // 4xx, except the three below
	Throttled                    // 429
	Temporary                    // 408, 425, 5xx, a redirect, and any status that is not final
)

// Judge returns the verdict on a status. A redirect is temporary: a moved address is
// repaired in the configuration, and the request must survive until then.
func Judge(status int) Verdict {
	switch {
	case status >= 200 && status < 300:
		return Success
	case status == http.StatusTooManyRequests:
		return Throttled
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status < 400, status >= 500:
		return Temporary
	default:
		return Refused
	}
}

// MaxRetryAfter limits what an answer may ask for: a mistake in a header must not stop
// anything for a year. Clients that share more between their callers limit it further.
const MaxRetryAfter = 6 * time.Hour

// retryAfter reads seconds or an HTTP date; 0 for anything else.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	var wait time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil {
		wait = time.Duration(min(seconds, int64(MaxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), MaxRetryAfter)
}

// Error means that no answer came, or not all of it. It wraps the transport's error for
// errors.Is and errors.As only: that text may quote the URL, or what the other side sent.
type Error struct{ cause error }

// Error is a text of ours, or of a cause that names host and port at most.
func (e *Error) Error() string {
	switch {
	case errors.Is(e.cause, context.Canceled):
		return "the request was cancelled"
	case errors.Is(e.cause, http.ErrSchemeMismatch):
		return "the other side does not speak TLS"
	}
	if dns, ok := errors.AsType[*net.DNSError](e.cause); ok {
		return dns.Error()
	}
	if op, ok := errors.AsType[*net.OpError](e.cause); ok {
		return op.Error()
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](e.cause); ok {
		return certificate.Error()
	}
	if timeout, ok := errors.AsType[net.Error](e.cause); ok && timeout.Timeout() {
		return "no answer in time"
	}
	return "the connection broke off"
}

// Unwrap returns the transport's error.
func (e *Error) Unwrap() error { return e.cause }
