package idwise

import (
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
	contentType string
	body        []byte
	// accept reads and checks the body of a success; nil if the body is ignored.
	accept func(body []byte) error
}

// do makes one request. The error is an *APIError, ErrUnreadable, ErrNotSent, a
// transport error, or the error of accept.
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

// send sends one request, records the time in sent, and returns the body of a success.
func (c *Client) send(ctx context.Context, r request, sent *time.Time) ([]byte, error) {
	if r.operation != StartJourney && !ValidID(r.id) {
		return nil, fmt.Errorf("calling %s: the id has characters an id cannot have: %w", r.operation, ErrNotSent)
	}
	if err := c.turn(ctx, r.operation); err != nil {
		return nil, err
	}
	endpoint := c.paths[r.operation]
	address := c.base + endpoint.resolve(r.id)
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	*sent = time.Now()
	answer, err := c.http.Do(ctx, outbound.Request{Method: endpoint.Method, URL: address, Header: c.header(r), Body: r.body})
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", r.operation, err)
	}
	return c.read(r, answer)
}

func (c *Client) header(r request) http.Header {
	h := http.Header{"Accept": {"application/json"}, "Authorization": {c.authorization}}
	if r.contentType != "" {
		h.Set("Content-Type", r.contentType)
	}
	return h
}

// read returns the body of a success. A refusal counts even if its body is cut off.
func (c *Client) read(r request, answer outbound.Answer) ([]byte, error) {
	if outbound.Judge(answer.Status) != outbound.Success {
		return nil, c.refusal(r, answer)
	}
	if errors.Is(answer.BodyErr, outbound.ErrTooLarge) {
		return nil, fmt.Errorf("reading the answer of %s: %w: %w", r.operation, answer.BodyErr, ErrUnreadable)
	}
	if answer.BodyErr != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", r.operation, answer.BodyErr)
	}
	if _, isError := errorCode(answer.Body); isError {
		return nil, c.refusal(r, answer)
	}
	return answer.Body, nil
}

func (c *Client) refusal(r request, answer outbound.Answer) error {
	e := &APIError{Operation: r.operation, Status: answer.Status, RetryAfter: min(answer.RetryAfter, maxRetryAfter)}
	e.Code, e.HasEnvelope = errorCode(answer.Body)
	if e.RetryAfter > 0 {
		c.turns.pause(r.id, e.RetryAfter)
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

// maxErrorCode limits, in characters, how much of the vendor's code goes into our errors.
const maxErrorCode = 64
