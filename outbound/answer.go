package outbound

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Verdict says what a status means to somebody who may send the request again.
type Verdict int

// The verdicts. Refused does not change with time, Throttled and Temporary may.
const (
	Success   Verdict = iota + 1 // 2xx
	Refused                      // 4xx, except the three below
	Throttled                    // 429
	Temporary                    // 408, 425, 5xx, a redirect, and what is no final status
)

// Judge gives the verdict on a status. A redirect is temporary: a moved address is
// repaired in the configuration, and what is to be sent must survive until then.
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

// MaxRetryAfter bounds what an answer may ask for: a slip in a header must not stop
// anything for a year. Clients that share more between their callers bound it further.
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
