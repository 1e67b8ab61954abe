package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"idjourney/journey"
)

const defaultTimeout = 15 * time.Second

// The reasons of answers that the service did not give itself.
const (
	ReasonRefused   = "refused"    // 4xx: it will not take this question
	ReasonBadAnswer = "bad_answer" // 200 with something that is no answer
)

// Service is a step's service over HTTP.
type Service struct {
	URL   string
	Token string // bearer token; empty for none
	// Timeout bounds one try, connecting and answer included; 0 means 15 s.
	Timeout time.Duration
}

// String names the service without its address and token.
func (Service) String() string { return "[a step's service]" }

// GoString names the service without its address and token.
func (s Service) GoString() string { return s.String() }

// LogValue keeps address and token out of logs.
func (s Service) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Unavailable says that there is no answer yet and that it is worth asking again: a
// network failure, a time-out, a 5xx, a redirect, 408, 425, 429, or an answer that
// is cut short or is not JSON, which somebody before the service may have given.
type Unavailable struct {
	Status     int           // 0 when no answer came
	RetryAfter time.Duration // what the service asked for, else 0
	Err        error         // without address, token and body
}

// Error names the status or the network's failure.
func (e *Unavailable) Error() string {
	switch {
	case e.Status == 0:
		return fmt.Sprintf("asking the step's service: %v", e.Err)
	case e.Err != nil:
		return fmt.Sprintf("the step's service answered %d: %v", e.Status, e.Err)
	}
	return fmt.Sprintf("the step's service answered %d", e.Status)
}

// Unwrap gives the network's error.
func (e *Unavailable) Unwrap() error { return e.Err }

// Client asks steps' services. It keeps no state and does not retry. Safe for
// concurrent use.
type Client struct{ http http.Client }

// NewClient returns a client; a nil transport means one of its own.
func NewClient(transport http.RoundTripper) *Client {
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Client{http: http.Client{
		Transport: transport,
		// A redirect would carry token and capability to an address that nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Ask asks a service once. A refusal and an answer that is none are inconclusive,
// 202 is pending; the only error is [*Unavailable]. An empty callbackURL offers no
// callback.
func (c *Client) Ask(ctx context.Context, s Service, in journey.StepInput, callbackURL string) (journey.StepAnswer, error) {
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := question(ctx, s, in, callbackURL)
	if err != nil {
		return journey.StepAnswer{}, &Unavailable{Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return journey.StepAnswer{}, &Unavailable{Err: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	return judge(resp)
}

func question(ctx context.Context, s Service, in journey.StepInput, callbackURL string) (*http.Request, error) {
	body, err := json.Marshal(struct {
		Account     string `json:"account"`
		JourneyID   string `json:"journeyId"`
		Step        string `json:"step"`
		Subject     string `json:"subject,omitempty"`
		Round       int    `json:"round"`
		CallbackURL string `json:"callbackUrl,omitempty"`
	}{in.Account, in.JourneyID, in.Step, in.Subject, in.Round, callbackURL})
	if err != nil {
		return nil, errors.New("the question cannot be encoded")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("its url cannot be used") // the parser's error quotes it
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "idjourney")
	req.Header.Set("Idempotency-Key", Key(in))
	if s.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token)
	}
	return req, nil
}

// judge says what an answer means.
func judge(resp *http.Response) (journey.StepAnswer, error) {
	switch status := resp.StatusCode; {
	case status == http.StatusOK:
		return read(resp)
	case status == http.StatusAccepted:
		return journey.StepAnswer{Outcome: journey.StepPending}, nil
	case status > http.StatusOK && status < 300:
		return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonBadAnswer}, nil
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout &&
		status != http.StatusTooEarly && status != http.StatusTooManyRequests:
		return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonRefused}, nil
	default:
		return journey.StepAnswer{}, &Unavailable{Status: status, RetryAfter: retryAfter(resp.Header, time.Now())}
	}
}

func read(resp *http.Response) (journey.StepAnswer, error) {
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return journey.StepAnswer{}, &Unavailable{Status: resp.StatusCode, Err: errors.New("its content type is not application/json")}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err != nil {
		return journey.StepAnswer{}, &Unavailable{Status: resp.StatusCode, Err: err}
	}
	answer, err := ReadAnswer(body)
	if err != nil || len(body) > MaxAnswer {
		return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonBadAnswer}, nil //nolint:nilerr // no answer is an answer of the service's
	}
	return answer, nil
}

// retryAfter reads both forms of the header, seconds and a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func withoutURL(err error) error {
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		return withURL.Err
	}
	return err
}
