package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Error says that no answer came, or not all of it. It wraps the transport's error,
// for errors.Is and errors.As alone: that text may quote the URL, or what the other
// side sent.
type Error struct{ cause error }

// Error is a text of ours, or of a cause that names host and port at most.
func (e *Error) Error() string {
	var timeout net.Error
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
	if errors.As(e.cause, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	return "the connection broke off"
}

// Unwrap gives the transport's error.
func (e *Error) Unwrap() error { return e.cause }
