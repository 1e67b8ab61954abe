package idwise

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"idjourney/outbound"
)

// request describes one API request.
type request struct {
	operation Operation
	// id goes into the path or the body; only StartJourney has none.
	id          string
	query       url.Values
	contentType string // of the body; application/json if empty
	body        []byte
}

// do makes one request and reads the body of a success with read. The error is an
// *APIError, ErrUnreadable, ErrNotSent, a transport error, or the error of read.
func do[A any](ctx context.Context, c *Client, r request, read func(body []byte) (A, error)) (A, error) {
	var answer A
	body, took, err := c.send(ctx, r)
	if err == nil {
		answer, err = read(body)
	}
	c.observe(ctx, r.operation, outcomeOf(err), took)
	if err != nil {
		var none A
		return none, fmt.Errorf("calling %s: %w", r.operation, err)
	}
	return answer, nil
}

// order makes one request whose answer has no content of interest.
func (c *Client) order(ctx context.Context, r request) error {
	_, err := do(ctx, c, r, func([]byte) (struct{}, error) { return struct{}{}, nil })
	return err
}

// send sends one request and returns the body of a success and the time until the answer,
// 0 if nothing was sent.
func (c *Client) send(ctx context.Context, r request) ([]byte, time.Duration, error) {
	if r.operation != StartJourney && !ValidID(r.id) {
		return nil, 0, fmt.Errorf("the id has characters an id cannot have: %w", ErrNotSent)
	}
	if err := c.turn(ctx); err != nil {
		return nil, 0, err
	}
	endpoint := c.paths[r.operation]
	address := c.base + endpoint.resolve(r.id)
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	header := http.Header{"Accept": {"application/json"}, "Authorization": {c.authorization}}
	if r.body != nil {
		header.Set("Content-Type", cmp.Or(r.contentType, "application/json"))
	}
	began := time.Now()
	answer, err := c.http.Do(ctx, outbound.Request{Method: endpoint.Method, URL: address, Header: header, Body: r.body})
	took := time.Since(began)
	if err == nil {
		err = c.judge(r.id, answer)
	}
	return answer.Body, took, err
}

// judge returns why an answer is not a success. A refusal counts even if its body is cut off.
func (c *Client) judge(id string, answer outbound.Answer) error {
	code, envelope := errorCode(answer.Body)
	refused := outbound.Judge(answer.Status) != outbound.Success
	switch {
	case !refused && errors.Is(answer.BodyErr, outbound.ErrTooLarge):
		return fmt.Errorf("%w: %w", answer.BodyErr, ErrUnreadable)
	case !refused && answer.BodyErr != nil:
		return answer.BodyErr
	case !refused && !envelope:
		return nil
	}
	e := &APIError{Status: answer.Status, Code: code, HasEnvelope: envelope, RetryAfter: min(answer.RetryAfter, maxRetryAfter)}
	if e.RetryAfter > 0 {
		c.turns.pause(id, e.RetryAfter)
	}
	return e
}

// errorCode finds the vendor's error_code in the vendor's error envelope.
func errorCode(body []byte) (code string, envelope bool) {
	var e struct {
		Success *bool `json:"success"`
		Code    loose `json:"error_code"`
	}
	if json.Unmarshal(body, &e) != nil || e.Success == nil || *e.Success {
		return "", false
	}
	return truncate(string(e.Code), maxErrorCode), true
}

// maxErrorCode limits, in characters, how much of the vendor's code goes into our errors.
const maxErrorCode = 64
