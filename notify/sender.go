package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"idjourney/journey"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	defaultTimeout = 15 * time.Second
	// maxAnswer is how much of an answer is read, only so that the connection
	// can be used again; its content is of no interest.
	maxAnswer = 64 << 10
	// maxRetryAfter bounds what an endpoint may ask for; a typo in a header must
	// not silence a customer for a year.
	maxRetryAfter = 6 * time.Hour
)

// Endpoint is one of the customer's endpoints.
type Endpoint struct {
	// Name is what the configuration calls it; only the name appears in errors.
	Name string
	URL  string
	// Secrets are the live signing secrets ("whsec_" and base64), the newest
	// first; every message is signed with all, so that a receiver can rotate.
	Secrets []string
	// Timeout bounds one attempt at this endpoint; 0 means the sender's.
	Timeout time.Duration
}

// String names the endpoint without its URL, which may hold a token.
func (e Endpoint) String() string { return "endpoint " + e.Name }

// LogValue keeps URL and secrets out of logs.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.Name) }

// Config is what a Sender needs; the zero value is usable.
type Config struct {
	// Transport carries the requests; nil for a clone of http.DefaultTransport.
	Transport http.RoundTripper
	// Timeout bounds one attempt at an endpoint that names no time-out of its own,
	// connecting and answer included; 0 means 15 s.
	Timeout time.Duration
	// UserAgent names the sender; empty for "idjourney".
	UserAgent string
	// Now is the clock of the signature's timestamp; nil for time.Now.
	Now func() time.Time
}

// Sender sends messages. It keeps no state of deliveries and does not retry:
// both belong to whoever calls it. Safe for concurrent use.
type Sender struct {
	client    *http.Client
	timeout   time.Duration
	userAgent string
	now       func() time.Time
}

// NewSender returns a Sender.
func NewSender(cfg Config) *Sender {
	transport := cfg.Transport
	if transport == nil {
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	s := &Sender{
		client: &http.Client{
			Transport: transport,
			// A redirect would carry the customer's data to an address that
			// nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout:   cfg.Timeout,
		userAgent: cfg.UserAgent,
		now:       cfg.Now,
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.userAgent == "" {
		s.userAgent = "idjourney"
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Send makes one attempt to deliver m to ep. It returns nil if the endpoint
// answered 2xx, *Refused if the message is to be parked, *Unavailable if it is to
// be sent again, and any other error for a message or an endpoint that is
// configured so that it can never be sent. The reference may be empty.
func (s *Sender) Send(ctx context.Context, ep Endpoint, m journey.Message, reference string) error {
	body, err := Encode(m, reference)
	if err != nil {
		return err
	}
	now := s.now()
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(ep.Timeout, s.timeout))
	defer cancel()
	req, err := s.request(ctx, ep, m.ID, now, body)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return &Unavailable{Endpoint: ep.Name, Err: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	// The status alone decides; a failure to read the rest changes nothing.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	return judge(ep.Name, resp.StatusCode, resp.Header, now)
}

func (s *Sender) request(ctx context.Context, ep Endpoint, id string, now time.Time, body []byte) (*http.Request, error) {
	signature, err := sign(ep, id, now, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ep.URL, bytes.NewReader(body))
	if err != nil {
		// The parser's error quotes the URL, hence is not passed on.
		return nil, fmt.Errorf("addressing endpoint %s: its url cannot be parsed", ep.Name)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", s.userAgent)
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return req, nil
}

// sign signs with every live secret. An endpoint without one is an error: an
// empty key would make a signature that anybody can forge.
func sign(ep Endpoint, id string, at time.Time, body []byte) (string, error) {
	if len(ep.Secrets) == 0 {
		return "", fmt.Errorf("signing for endpoint %s: it has no secret", ep.Name)
	}
	signatures := make([]string, 0, len(ep.Secrets))
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

// retryAfter reads both forms of the header, seconds and a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
