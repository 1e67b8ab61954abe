package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"idjourney/journey"
	"idjourney/outbound"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Endpoint is one of the customer's endpoints.
type Endpoint struct {
	// Name is what the configuration calls it; only the name appears in errors.
	Name string
	URL  string
	// Secrets are the live signing secrets ("whsec_" and base64). Every message is signed
	// with all, so that a receiver can rotate.
	Secrets []string
	// Timeout bounds one attempt, connecting and answer included; 0 means 15 s.
	Timeout time.Duration
}

// String names the endpoint without its URL, which may hold a token.
func (e Endpoint) String() string { return "endpoint " + e.Name }

// LogValue keeps URL and secrets out of logs.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.Name) }

// Config is what a Sender needs; the zero value is usable.
type Config struct {
	// Now is the clock of the signature's timestamp; nil for time.Now.
	Now func() time.Time
}

// Sender sends messages. Retries and the state of deliveries are the caller's. Safe for
// concurrent use.
type Sender struct {
	client *outbound.Client
	now    func() time.Time
}

// NewSender returns a Sender.
func NewSender(cfg Config) *Sender {
	s := &Sender{client: outbound.New(outbound.Limits{}), now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Send makes one attempt to deliver m to ep. It returns nil if the endpoint answered 2xx,
// *Refused if the message is to be parked, *Unavailable if it is to be sent again, and any
// other error if the message or the endpoint's configuration makes sending impossible. The
// reference may be empty.
func (s *Sender) Send(ctx context.Context, ep Endpoint, m journey.Message, reference string) error {
	body, err := Encode(m, reference)
	if err != nil {
		return err
	}
	return s.Post(ctx, ep, m.ID, body)
}

// Post is Send for a body that is encoded already.
func (s *Sender) Post(ctx context.Context, ep Endpoint, id string, body []byte) error {
	now := s.now()
	signature, err := sign(ep, id, now, body)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	answer, err := s.client.Do(ctx, outbound.Request{
		Method: http.MethodPost, URL: ep.URL, Header: header, Body: body, Timeout: ep.Timeout,
	})
	switch {
	case errors.Is(err, outbound.ErrAddress):
		return fmt.Errorf("addressing endpoint %s: %w", ep.Name, err)
	case err != nil:
		return &Unavailable{Endpoint: ep.Name, Err: err}
	}
	switch outbound.Judge(answer.Status) {
	case outbound.Success:
		return nil
	case outbound.Refused:
		return &Refused{Endpoint: ep.Name, Status: answer.Status}
	default:
		return &Unavailable{Endpoint: ep.Name, Status: answer.Status, RetryAfter: answer.RetryAfter}
	}
}

// sign signs with every live secret. A missing or empty one is an error: anybody could
// forge its signature.
func sign(ep Endpoint, id string, at time.Time, body []byte) (string, error) {
	if len(ep.Secrets) == 0 {
		return "", fmt.Errorf("signing for endpoint %s: it has no secret", ep.Name)
	}
	var signatures []string
	for i, secret := range ep.Secrets {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil || strings.TrimPrefix(secret, "whsec_") == "" {
			return "", fmt.Errorf("signing for endpoint %s: secret %d is not whsec_ and base64", ep.Name, i+1)
		}
		one, err := wh.Sign(id, at, body)
		if err != nil {
			return "", fmt.Errorf("signing for endpoint %s with secret %d: %w", ep.Name, i+1, err)
		}
		signatures = append(signatures, one)
	}
	return strings.Join(signatures, " "), nil
}

// Refused says that the endpoint will never take this message: any 4xx except 408, 425
// and 429. The message is parked, visibly.
type Refused struct {
	Endpoint string // the endpoint's name
	Status   int
}

// Error names endpoint and status, and quotes nothing of the answer.
func (e *Refused) Error() string {
	return fmt.Sprintf("endpoint %s refused the message with status %d", e.Endpoint, e.Status)
}

// Unavailable says that the message may not have arrived and is to be sent again: a
// network failure, a time-out, a 5xx, a redirect, 408, 425 or 429.
type Unavailable struct {
	Endpoint string // the endpoint's name
	// Status is 0 when no answer came.
	Status int
	// RetryAfter is how long the endpoint asks to wait, 0 if it does not.
	RetryAfter time.Duration
	// Err is the network's error, without the endpoint's URL; nil with a Status.
	Err error
}

// Error names endpoint and status or the network's failure.
func (e *Unavailable) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("reaching endpoint %s: %v", e.Endpoint, e.Err)
	}
	return fmt.Sprintf("endpoint %s answered %d", e.Endpoint, e.Status)
}

// Unwrap gives the network's error.
func (e *Unavailable) Unwrap() error { return e.Err }
