package notify

import (
	"fmt"
	"net/http"
	"time"
)

// Refused says that the endpoint will not take this message, however often it is
// sent: any 4xx except 408, 425 and 429. The message is parked, visibly.
type Refused struct {
	Endpoint string // the endpoint's name
	Status   int
}

// Error names endpoint and status; the endpoint's answer is not read into it.
func (e *Refused) Error() string {
	return fmt.Sprintf("endpoint %s refused the message with status %d", e.Endpoint, e.Status)
}

// Unavailable says that the message has not arrived, as far as is known, and is
// to be sent again: a network failure, a time-out, a 5xx, a redirect, 408, 425 or 429.
type Unavailable struct {
	Endpoint string // the endpoint's name
	// Status is 0 when no answer came.
	Status int
	// RetryAfter is how long the endpoint asks to be left alone, 0 if it does not.
	RetryAfter time.Duration
	// Err is the network's error, without the endpoint's URL; nil with a Status.
	Err error
}

// Error names endpoint and status or the network's failure.
func (e *Unavailable) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("reaching endpoint %s: %v", e.Endpoint, e.Err)
	}
	return fmt.Sprintf("endpoint %s answered %d", e.Endpoint, e.Status)
}

// Unwrap gives the network's error.
func (e *Unavailable) Unwrap() error { return e.Err }

// judge turns an answer into the sender's result. Redirects are not followed and
// count as unavailable: a moved endpoint is repaired in the configuration, and
// the message must survive until it is.
func judge(endpoint string, status int, header http.Header, now time.Time) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly,
		status == http.StatusTooManyRequests, status < 400, status >= 500:
		return &Unavailable{Endpoint: endpoint, Status: status, RetryAfter: retryAfter(header, now)}
	default:
		return &Refused{Endpoint: endpoint, Status: status}
	}
}
