// Package idwise decodes the vendor's webhooks and calls its REST API.
//
// A webhook carries no signature and no order, so it is only a hint to check the API: only
// [Client.Result] is authoritative. The package knows the vendor's names and formats and
// none of ours. Paths are in one table, [Operations], which configuration can override.
package idwise

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"idjourney/outbound"
)

// Credentials are the API key and secret of one environment of one account.
type Credentials struct {
	outbound.Private
	Key, Secret string
}

// Config configures a Client for one account.
type Config struct {
	// BaseURL is the API's address, for example from [RegionURL]. Required.
	BaseURL string
	// Credentials are required.
	Credentials Credentials
	// Paths overrides paths of [Operations], by operation.
	Paths map[string]string
	// Timeout limits one request, without the wait for its turn; default 15 s.
	Timeout time.Duration
	// MaxBody limits an answer in bytes; default 8 MiB.
	MaxBody int64
	// RequestsPerSecond limits the requests of this client; 0 for no limit. A request whose
	// turn is more than about a second away is not sent; see [Client.Patient].
	RequestsPerSecond float64
	// Observe is called after every request; nil for none.
	Observe ObserveFunc
}

// Client calls the vendor's API for one account. It is safe for concurrent use.
type Client struct {
	base          string
	authorization string
	paths         map[Operation]Endpoint
	http          *outbound.Client
	turns         *turns
	patience      time.Duration
	observe       ObserveFunc
}

// New makes a client. The error is a sentence that says what to correct.
func New(cfg Config) (*Client, error) {
	base, err := checkBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if cfg.Credentials.Key == "" || cfg.Credentials.Secret == "" {
		return nil, errors.New("the vendor's API needs a key and a secret")
	}
	if strings.Contains(cfg.Credentials.Key, ":") {
		return nil, errors.New("the vendor's API key holds a colon, which HTTP Basic cannot carry")
	}
	paths, err := pathTable(cfg.Paths)
	if err != nil {
		return nil, err
	}
	limit := cmp.Or(rate.Limit(max(cfg.RequestsPerSecond, 0)), rate.Inf)
	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, Operation, Outcome, time.Duration) {}
	}
	return &Client{
		base: base, paths: paths,
		authorization: "Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.Credentials.Key+":"+cfg.Credentials.Secret)),
		http:          outbound.New(outbound.Limits{Timeout: cfg.Timeout, MaxAnswer: cmp.Or(cfg.MaxBody, 8<<20)}),
		turns:         &turns{limiter: rate.NewLimiter(limit, int(max(1, math.Ceil(cfg.RequestsPerSecond))))},
		patience:      shortWait, observe: cfg.Observe,
	}, nil
}

func checkBase(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", errors.New("the vendor's base URL must be an absolute http or https URL")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the vendor's base URL must hold no user, query or fragment")
	}
	return strings.TrimRight(base, "/"), nil
}

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

const (
	// maxRetryAfter limits how long an answer can delay its own journey.
	maxRetryAfter = time.Hour
	// maxPause limits how long an answer can stop all requests of the account.
	maxPause = time.Minute
	// shortWait is how long a request waits for its turn before it is held back: it occupies
	// a worker's slot meanwhile.
	shortWait = time.Second
)

// turns decides when a request may be sent. A client and its patient copies share one.
type turns struct {
	limiter *rate.Limiter

	mu       sync.Mutex
	until    time.Time // the end of the pause that the vendor asked for
	pausedBy string    // the journey whose answer asked for the latest pause
	next     time.Time // when the next request that is held back should return
}

// pause stops all requests because an answer about a journey asked for it. One journey
// alone cannot keep the account stopped: if the vendor means the account, answers about
// other journeys ask for it, too.
func (t *turns) pause(journeyID string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if journeyID != "" && journeyID == t.pausedBy {
		return
	}
	t.pausedBy = journeyID
	if until := time.Now().Add(min(d, maxPause)); until.After(t.until) {
		t.until = until
	}
}

// take waits for a turn. If that would exceed the patience, or if the vendor asked for a
// pause, it returns how much later the caller should try again.
func (t *turns) take(ctx context.Context, patience time.Duration) (later time.Duration, err error) {
	t.mu.Lock()
	paused := time.Until(t.until)
	t.mu.Unlock()
	if paused > 0 {
		return paused, nil
	}
	turn := t.limiter.Reserve()
	wait := turn.Delay()
	if wait > patience {
		turn.Cancel()
		return t.comeBack(wait), nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, nil
	case <-ctx.Done():
		turn.Cancel()
		return 0, ctx.Err()
	}
}

// comeBack spreads the returns of the requests that are held back, so that they do not all
// come at once. It reserves no turn: they may return on another worker.
func (t *turns) comeBack(wait time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	at := now.Add(wait)
	if t.next.After(at) {
		at = t.next
	}
	t.next = at.Add(time.Duration(float64(time.Second) / float64(t.limiter.Limit())))
	return min(at.Sub(now), maxRetryAfter)
}

// Patient returns a client that waits for its turn for as long as patience, where c waits
// for about a second. Use it for a request that follows another one: if it were held back,
// the caller would have to repeat the first.
func (c *Client) Patient(patience time.Duration) *Client {
	patient := *c
	patient.patience = patience
	return &patient
}

func (c *Client) turn(ctx context.Context) error {
	later, err := c.turns.take(ctx, c.patience)
	switch {
	case err != nil:
		return fmt.Errorf("waiting for its turn: %w: %w", ErrNotSent, err)
	case later > 0:
		return &APIError{Status: http.StatusTooManyRequests, RetryAfter: later, Held: true}
	}
	return nil
}
