package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"idjourney/journey"
	"idjourney/outbound"
)

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
type Client struct{ http *outbound.Client }

// NewClient returns a client.
func NewClient() *Client {
	return &Client{outbound.New(outbound.Limits{MaxAnswer: MaxAnswer})}
}

// Ask asks a service once. A refusal or an invalid answer is inconclusive, 202 is
// pending; the only error is [*Unavailable]. An empty callbackURL offers no callback.
func (c *Client) Ask(ctx context.Context, s Service, in journey.StepInput, callbackURL string) (journey.StepAnswer, error) {
	body, err := json.Marshal(struct {
		Account     string `json:"account"`
		JourneyID   string `json:"journeyId"`
		Step        string `json:"step"`
		Subject     string `json:"subject,omitempty"`
		Round       int    `json:"round"`
		CallbackURL string `json:"callbackUrl,omitempty"`
	}{in.Account, in.JourneyID, in.Step, in.Subject, in.Round, callbackURL})
	if err != nil {
		return journey.StepAnswer{}, &Unavailable{Err: errors.New("the question cannot be encoded")}
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "Idempotency-Key": {Key(in)}}
	if s.Token != "" {
		header.Set("Authorization", "Bearer "+s.Token)
	}
	answer, err := c.http.Do(ctx, outbound.Request{Method: http.MethodPost, URL: s.URL, Header: header, Body: body, Timeout: s.Timeout})
	if err != nil {
		return journey.StepAnswer{}, &Unavailable{Err: err}
	}
	return judge(answer)
}

// judge says what an answer means.
func judge(answer outbound.Answer) (journey.StepAnswer, error) {
	switch verdict := outbound.Judge(answer.Status); {
	case answer.Status == http.StatusOK:
		return read(answer)
	case answer.Status == http.StatusAccepted:
		return journey.StepAnswer{Outcome: journey.StepPending}, nil
	case verdict == outbound.Success:
		return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonBadAnswer}, nil
	case verdict == outbound.Refused:
		return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonRefused}, nil
	default:
		return journey.StepAnswer{}, &Unavailable{Status: answer.Status, RetryAfter: answer.RetryAfter}
	}
}

func read(answer outbound.Answer) (journey.StepAnswer, error) {
	tooLarge := errors.Is(answer.BodyErr, outbound.ErrTooLarge)
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return journey.StepAnswer{}, &Unavailable{Status: answer.Status, Err: errors.New("its content type is not application/json")}
	}
	if answer.BodyErr != nil && !tooLarge {
		return journey.StepAnswer{}, &Unavailable{Status: answer.Status, Err: answer.BodyErr}
	}
	given, err := ReadAnswer(answer.Body)
	if err != nil || tooLarge {
		return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonBadAnswer}, nil //nolint:nilerr // no answer is an answer of the service's
	}
	return given, nil
}
