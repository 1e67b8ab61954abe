// Package outbound sends every HTTP request of idjourney to a party that it does not
// control: the vendor, a customer's endpoint, the service of a custom step, a government's
// register. Each request carries credentials or personal data, and the other side may be
// broken, slow or hostile. Therefore:
//
//   - No redirect is followed: it would carry credentials and data to a host that is not
//     configured. A redirect is an answer like any other.
//   - Every phase ends. Connecting and the TLS handshake have time-outs of their own; that
//     of the request covers everything up to the last byte of the answer. The headers have
//     none: a service may use all of its time to decide.
//   - A silent connection is dropped within seconds. One HTTP/2 connection carries all
//     requests to a host: without a health check, a firewall that forgets it would fail
//     every request until TCP gives up, after some fifteen minutes.
//   - The size of an answer is limited, headers included. TLS 1.2 is the minimum.
//   - An error names neither URL nor header nor body. A transport error may quote what the
//     other side sent, so only texts that cannot do so are passed on.
//   - [Judge] interprets a status, and [Answer.RetryAfter] both forms of Retry-After.
//
// The package repeats and signs no request, and does not interpret bodies.
package outbound

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits are the limits of a client's requests.
type Limits struct {
	// Timeout is that of one request, connecting and answer included; 0 means 15 s.
	Timeout time.Duration
	// MaxAnswer is the size of an answer's body in bytes; 0 means 64 KiB.
	MaxAnswer int64
}

const (
	maxHeaders     = 64 << 10
	connectTimeout = 10 * time.Second
	// A connection that is silent for this long is asked for a sign of life, and dropped
	// after as long again without one.
	silentFor = 4 * time.Second
)

// Client sends requests. It keeps connections and no other state. It is safe for concurrent
// use.
type Client struct {
	http   http.Client
	limits Limits
}

// New returns a client with connections of its own.
func New(l Limits) *Client {
	return &Client{
		http: http.Client{
			Transport:     transport(silentFor),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		limits: Limits{Timeout: cmp.Or(l.Timeout, 15*time.Second), MaxAnswer: cmp.Or(l.MaxAnswer, 64<<10)},
	}
}

// transport notices a dead connection within twice the silence: by pings over HTTP/2, by
// TCP's probes while an HTTP/1 connection is idle.
func transport(silence time.Duration) *http.Transport {
	dialer := &net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence, Interval: max(silence/2, time.Second), Count: 2},
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: silence, PingTimeout: silence, WriteByteTimeout: silence},
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        time.Minute,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// Request is a request to send. Header and Body may be nil.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte
	Timeout     time.Duration // 0 for the client's
}

var (
	// ErrAddress means that no request can be made for the URL.
	ErrAddress = errors.New("the URL cannot be used")
	// ErrTooLarge means that the body of an answer exceeds the limit.
	ErrTooLarge = errors.New("the answer is too large")
)

// Do sends a request once. The error is ErrAddress, or an [*Error] if no answer came.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, c.limits.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil || req.URL.Host == "" {
		return Answer{}, ErrAddress // the parser's error quotes the URL
	}
	if r.Header != nil {
		req.Header = r.Header
	}
	req.Header.Set("User-Agent", "idjourney")
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, &Error{cause: err}
	}
	defer func() { _ = resp.Body.Close() }()
	answer := Answer{Status: resp.StatusCode, Header: resp.Header}
	if s := resp.StatusCode; s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable {
		answer.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	answer.Body, answer.BodyErr = read(resp.Body, c.limits.MaxAnswer)
	return answer, nil
}

func read(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case int64(len(data)) > limit:
		return data[:limit], fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	case err != nil:
		return data, &Error{cause: err}
	}
	return data, nil
}

// Private is embedded in what carries credentials or personal data. Such a value prints as
// a placeholder and refuses to be serialised, so that it gets into no log, payload or store
// by accident.
type Private struct{}

// String is a placeholder.
func (Private) String() string { return "[withheld]" }

// GoString is a placeholder.
func (p Private) GoString() string { return p.String() }

// LogValue is a placeholder.
func (p Private) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalJSON always fails.
func (Private) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials and personal data are never serialised")
}

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
