// Package outbound is the one way out: every request that idjourney sends over HTTP
// to a party that it does not control (the vendor, a customer's endpoint, the service
// of a custom step, a government's register) goes through a [Client].
//
// Each of these requests carries credentials or personal data, and each answer comes
// from somebody who may be broken, slow or hostile. So the rules are the same:
//
//   - No redirect is followed: it would carry credentials and data to a host that is
//     not configured. A redirect is an answer like any other.
//   - Every phase ends. Connecting and the TLS handshake have time-outs of their own,
//     and the time-out of the request covers everything up to the last byte of the
//     answer. There is none for the headers alone: a service may use all of its time
//     to decide.
//   - A connection that has gone silent is dropped within seconds. One HTTP/2
//     connection carries all requests to a host, so without a health check a firewall
//     that forgets it would fail every request for as long as TCP retransmits, some
//     fifteen minutes.
//   - The answer is bounded, headers included: nobody can fill our memory.
//   - TLS 1.2 is the least.
//   - An error names neither URL nor header nor body. The text of a transport error may
//     quote what the other side sent, so only texts that cannot are passed on.
//   - [Judge] is the one reading of a status, and [Answer.RetryAfter] the one reading
//     of Retry-After, in both of its forms and bounded.
//
// It is not a framework: it retries nothing and signs nothing, and what a body means is
// its caller's business.
package outbound

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Limits bound a client's requests.
type Limits struct {
	// Timeout bounds one request, connecting and answer included; 0 means 15 s.
	Timeout time.Duration
	// MaxAnswer bounds the body of an answer, in bytes; 0 means 64 KiB.
	MaxAnswer int64
}

const (
	defaultTimeout   = 15 * time.Second
	defaultMaxAnswer = 64 << 10
	maxHeaders       = 64 << 10
	connectTimeout   = 10 * time.Second
	// A connection without a sign of life for silentFor is asked for one, and dropped
	// if none comes within another silentFor.
	silentFor = 4 * time.Second
)

// Client sends requests. It keeps connections and no other state. Safe for concurrent
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
		limits: Limits{Timeout: cmp.Or(l.Timeout, defaultTimeout), MaxAnswer: cmp.Or(l.MaxAnswer, defaultMaxAnswer)},
	}
}

// transport makes a transport that notices within twice the silence that a connection
// is dead: by pings over HTTP/2, by TCP's probes while a connection of HTTP/1 is idle.
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

// Request is one request before it is sent.
type Request struct {
	Method string
	URL    string
	// Header may be nil.
	Header http.Header
	Body   []byte
	// Timeout replaces the client's; 0 leaves it.
	Timeout time.Duration
}

// ErrAddress means that no request can be made for the URL.
var ErrAddress = errors.New("the URL cannot be used")

// ErrTooLarge means that the body of an answer is beyond the bound.
var ErrTooLarge = errors.New("the answer is too large")

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
