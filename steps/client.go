package steps

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"idjourney/journey"
	"idjourney/outbound"
)

// The reasons of answers that the service did not give itself.
const (
	ReasonRefused   = "refused"    // 4xx: it will not take this question
	ReasonBadAnswer = "bad_answer" // 200 with an invalid answer
)

// Service is a step's service over HTTP.
type Service struct {
	outbound.Private
	URL   string
	Token string // bearer token; empty for none
	// Timeout limits one request, connecting and answer included; 0 means 15 s.
	Timeout time.Duration
}

// Unavailable means that there is no answer yet and that it is worth asking again: a
// network failure, a time-out, a 5xx, a redirect, 408, 425, 429, or an answer that
// is cut short or is not JSON, which a proxy may have given.
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

// Client asks steps' services and does not retry. It is safe for concurrent use.
type Client struct{ http *outbound.Client }

// NewClient returns a client.
func NewClient() *Client {
	return &Client{outbound.New(outbound.Limits{MaxAnswer: MaxAnswer})}
}

// Ask asks a service once. A refusal or an invalid answer is inconclusive, 202 is
// pending; the only error is [*Unavailable]. An empty callbackURL offers no callback.
func (c *Client) Ask(ctx context.Context, s Service, in journey.StepInput, callbackURL string) (journey.StepAnswer, error) {
	body, _ := json.Marshal(struct { // texts and a number: this cannot fail
		Account     string `json:"account"`
		JourneyID   string `json:"journeyId"`
		Step        string `json:"step"`
		Subject     string `json:"subject,omitempty"`
		Round       int    `json:"round"`
		CallbackURL string `json:"callbackUrl,omitempty"`
	}{in.Account, in.JourneyID, in.Step, in.Subject, in.Round, callbackURL})
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

// judge interprets the service's answer.
func judge(answer outbound.Answer) (journey.StepAnswer, error) {
	refused := journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonRefused}
	bad := journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: ReasonBadAnswer}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	tooLarge := errors.Is(answer.BodyErr, outbound.ErrTooLarge)
	switch verdict := outbound.Judge(answer.Status); {
	case answer.Status == http.StatusAccepted:
		return journey.StepAnswer{Outcome: journey.StepPending}, nil
	case verdict == outbound.Refused:
		return refused, nil
	case verdict != outbound.Success:
		return journey.StepAnswer{}, &Unavailable{Status: answer.Status, RetryAfter: answer.RetryAfter}
	case answer.Status != http.StatusOK:
		return bad, nil
	case err != nil || kind != "application/json":
		return journey.StepAnswer{}, &Unavailable{Status: answer.Status, Err: errors.New("its content type is not application/json")}
	case answer.BodyErr != nil && !tooLarge:
		return journey.StepAnswer{}, &Unavailable{Status: answer.Status, Err: answer.BodyErr}
	}
	given, err := ReadAnswer(answer.Body)
	if err != nil || tooLarge {
		return bad, nil //nolint:nilerr // an unreadable answer is an answer
	}
	return given, nil
}

// callbackPath is where the API takes a step's answer; the token follows.
const callbackPath = "/v1/callbacks/steps/"

// Key identifies one question (account, journey, step, round and subject), however often it
// is asked: it is the Idempotency-Key.
func Key(in journey.StepInput) string {
	sum := sha256.Sum256(identity("step", in))
	return "step_" + hex.EncodeToString(sum[:16])
}

// Token is the capability to answer a question later. It is the same for every attempt, so
// that all have one body, and cannot be made without the secret.
func Token(secret []byte, in journey.StepInput) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(identity("step callback", in))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// TokenHash is the hash under which a token is stored.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CallbackURL is where the answer is posted; "" without apiURL, the API's address as the
// service sees it.
func CallbackURL(apiURL, token string) string {
	if apiURL == "" {
		return ""
	}
	return strings.TrimSuffix(apiURL, "/") + callbackPath + token
}

// identity is JSON, so that no part can run into the next.
func identity(domain string, in journey.StepInput) []byte {
	text, _ := json.Marshal([]string{domain, in.Account, in.JourneyID, in.Step, strconv.Itoa(in.Round), in.Subject}) // texts: this cannot fail
	return text
}
