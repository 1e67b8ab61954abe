package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"idjourney/ledger"
)

// problem is a refusal or a failure: a code for programs and a sentence for people,
// neither with personal data. See openapi.yaml for the codes.
type problem struct {
	status int
	// done says that something may have been done: asking again may do it twice.
	done bool
	// denied says which of the caller's rights was missing; "" if none was.
	denied  denial
	header  http.Header
	Code    string `json:"code"`
	Message string `json:"message"`
}

var _ error = (*problem)(nil)

// Error is the sentence.
func (p *problem) Error() string { return p.Message }

func problemOf(status int, code, message string) *problem {
	return &problem{status: status, Code: code, Message: message, header: http.Header{}}
}

func (p *problem) reply() reply { return reply{status: p.status, body: p, header: p.header} }

func (p *problem) with(name, value string) *problem {
	p.header.Set(name, value)
	return p
}

func badRequest(message string) *problem {
	return problemOf(http.StatusBadRequest, "bad_request", message)
}

// notFound is the same for what does not exist and for what the token may not see, so
// that callers cannot find out which accounts and journeys exist.
func notFound() *problem {
	return problemOf(http.StatusNotFound, "not_found", "there is nothing of this name that the token may see")
}

// because sets which right was missing.
func (p *problem) because(d denial) *problem {
	p.denied = d
	return p
}

// hidden is notFound for an account that the token may not see.
func hidden() *problem { return notFound().because(deniedAccount) }

// tooMany asks the caller to slow down.
func tooMany(message string, wait time.Duration) *problem {
	return problemOf(http.StatusTooManyRequests, "too_many_requests", message).
		with("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

func conflict(code, message string) *problem {
	return problemOf(http.StatusConflict, code, message)
}

const otherReference = "the journey belongs to another reference: do not trust it"

// unavailable says that a part of idjourney is down; repeating the request is safe.
func unavailable(message string) *problem {
	return problemOf(http.StatusServiceUnavailable, "unavailable", message).with("Retry-After", "2")
}

// problemFrom turns an error into an answer. An error of the ledger's or Temporal's is
// logged and never shown.
func (a *API) problemFrom(ctx context.Context, err error) *problem {
	var p *problem
	var refused *Refused
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refused):
		return conflict("refused", refused.Sentence)
	case errors.Is(err, ErrClosed):
		return conflict("closed", "the journey's workflow is closed: nothing can be done to it until an event or a refresh starts it again")
	case errors.Is(err, ledger.ErrErased):
		return conflict("closed", "the journey was erased")
	case errors.Is(err, ledger.ErrRegistered):
		return conflict("reference_mismatch", otherReference)
	case errors.Is(err, ledger.ErrNotFound):
		return notFound()
	case errors.Is(err, errNoAnswer):
		a.log.ErrorContext(ctx, "API: Temporal did not answer an act", "error", err)
		return unavailable("the journey did not answer in time; the act may still be taken, so look at the journey before you repeat it")
	default:
		a.log.ErrorContext(ctx, "API: the ledger did not answer", "error", err)
		return unavailable("the ledger cannot be asked now; try again")
	}
}
