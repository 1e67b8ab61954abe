package idwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxErrorBody is how much of a refusal is read to find the vendor's envelope.
	maxErrorBody = 64 << 10
	// maxRetryAfter bounds what a mistaken header can do.
	maxRetryAfter = time.Hour
)

// request is one call before it is sent.
type request struct {
	operation Operation
	// id goes into the path, or stands in the body; none for StartJourney alone.
	id          string
	query       url.Values
	contentType string
	body        io.Reader
	// accept reads the body of a success, and may find that it is none; nil if the
	// operation's answer says nothing.
	accept func(body []byte) error
}

// do makes one call. An error is an *APIError, ErrUnreadable, ErrNotSent, the
// transport's, or what accept found.
func (c *Client) do(ctx context.Context, r request) error {
	var sent time.Time
	body, err := c.send(ctx, r, &sent)
	var took time.Duration
	if !sent.IsZero() {
		took = time.Since(sent)
	}
	if err == nil && r.accept != nil {
		if err = r.accept(body); err != nil {
			err = fmt.Errorf("reading the answer of %s: %w", r.operation, err)
		}
	}
	c.observe(ctx, r.operation, outcomeOf(err), took)
	return err
}

// send sends one request, at the time that it writes down, and answers the body of
// a success.
func (c *Client) send(ctx context.Context, r request, sent *time.Time) ([]byte, error) {
	if r.operation != StartJourney && !ValidID(r.id) {
		return nil, fmt.Errorf("calling %s: the id has characters an id cannot have: %w", r.operation, ErrNotSent)
	}
	if err := c.turn(ctx, r.operation); err != nil {
		return nil, err
	}
	if r.operation == JourneySummary {
		defer c.summaries.leave(true)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	endpoint := c.paths[r.operation]
	address := c.base + endpoint.resolve(r.id)
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, endpoint.Method, address, r.body)
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w: %w", r.operation, ErrNotSent, err)
	}
	req.SetBasicAuth(c.credentials.Key, c.credentials.Secret)
	req.Header.Set("Accept", "application/json")
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	*sent = time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", r.operation, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	return c.read(r.operation, resp)
}

func (c *Client) read(op Operation, resp *http.Response) ([]byte, error) {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // a refusal counts even if its text is cut off
		return nil, c.refusal(op, resp, body)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", op, err)
	}
	if int64(len(body)) > c.maxBody {
		return nil, fmt.Errorf("reading the answer of %s: larger than %d bytes: %w", op, c.maxBody, ErrUnreadable)
	}
	if _, isError := errorCode(body); isError {
		return nil, c.refusal(op, resp, body)
	}
	return body, nil
}

func (c *Client) refusal(op Operation, resp *http.Response, body []byte) error {
	e := &APIError{Operation: op, Status: resp.StatusCode}
	e.Code, e.HasEnvelope = errorCode(body)
	if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
		e.RetryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	if e.RetryAfter > 0 {
		c.hold.extend(e.RetryAfter)
	}
	return e
}

// errorCode finds the vendor's error_code in the vendor's error envelope.
func errorCode(body []byte) (code string, envelope bool) {
	var e struct {
		Success *bool           `json:"success"`
		Code    json.RawMessage `json:"error_code"`
	}
	if json.Unmarshal(body, &e) != nil || e.Success == nil || *e.Success {
		return "", false
	}
	return truncate(looseText(e.Code), maxErrorCode), true
}

// maxErrorCode bounds, in characters, what of the vendor's goes into our errors.
const maxErrorCode = 64

// parseRetryAfter reads seconds or an HTTP date; 0 for anything else.
func parseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	var d time.Duration
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil {
		d = time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// withoutURL keeps the cause of a transport error and drops the address, which
// repeats in every line of a log.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
