package notify_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/notify"
	"idjourney/notify/notifytest"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const otherSecret = "whsec_YW5vdGhlci1zZWNyZXQtZm9yLXRlc3RzLTAy"

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func customer(t *testing.T, secrets ...string) (*notifytest.Endpoint, string) {
	t.Helper()
	e, err := notifytest.New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return e, serve(t, e)
}

func TestSendDeliversASignedMessage(t *testing.T) {
	t.Parallel()
	e, url := customer(t, notifytest.Secret)
	m := messages()[journey.MessageDecided]
	ep := notify.Endpoint{Name: "core", URL: url, Secrets: []string{notifytest.Secret}}
	for range 2 { // the second attempt is the same message
		if err := notify.NewSender(notify.Config{}).Send(t.Context(), ep, m, reference); err != nil {
			t.Fatal(err)
		}
	}
	got := e.Messages()
	if len(got) != 1 || len(e.Deliveries()) != 2 {
		t.Fatalf("got %d messages in %d deliveries, want 1 in 2", len(got), len(e.Deliveries()))
	}
	if got[0].ID != m.ID || got[0].Data.Reference != reference || got[0].Data.Decision.Sequence != 2 {
		t.Errorf("got %+v, want message %s with reference and decision 2", got[0], m.ID)
	}
	if a, b := e.Deliveries()[0].Body, e.Deliveries()[1].Body; string(a) != string(b) {
		t.Errorf("bodies differ between attempts:\n%s\n%s", a, b)
	}
}

func TestEveryLiveSecretSigns(t *testing.T) {
	t.Parallel()
	for name, held := range map[string]string{"old": otherSecret, "new": notifytest.Secret} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, url := customer(t, held)
			ep := notify.Endpoint{Name: "core", URL: url, Secrets: []string{notifytest.Secret, otherSecret}}
			if err := notify.NewSender(notify.Config{}).Send(t.Context(), ep, messages()[journey.MessageAttention], ""); err != nil {
				t.Fatal(err)
			}
			if e.Forged() != 0 || len(e.Messages()) != 1 {
				t.Errorf("got %d forged and %d messages, want 0 and 1", e.Forged(), len(e.Messages()))
			}
		})
	}
}

func TestAForeignSecretIsRefusedByTheCustomer(t *testing.T) {
	t.Parallel()
	e, url := customer(t, otherSecret)
	ep := notify.Endpoint{Name: "core", URL: url, Secrets: []string{notifytest.Secret}}
	err := notify.NewSender(notify.Config{}).Send(t.Context(), ep, messages()[journey.MessageAttention], "")
	var refused *notify.Refused
	if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized || refused.Endpoint != "core" {
		t.Errorf("got %v, want Refused with 401", err)
	}
	if e.Forged() != 1 {
		t.Errorf("got %d forged, want 1", e.Forged())
	}
}

func TestAnswersAreParkedOrRetried(t *testing.T) {
	t.Parallel()
	const done, parked, retried = "done", "parked", "retried"
	cases := map[int]string{
		200: done, 201: done, 202: done, 204: done, 299: done,
		301: retried, 302: retried, 307: retried, 308: retried, 304: retried,
		400: parked, 401: parked, 403: parked, 404: parked, 405: parked, 410: parked, 413: parked, 422: parked, 451: parked,
		408: retried, 425: retried, 429: retried,
		500: retried, 501: retried, 502: retried, 503: retried, 504: retried, 599: retried,
	}
	for status, want := range cases {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var hits atomic.Int32
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
			}))
			ep := notify.Endpoint{Name: "core", URL: url, Secrets: []string{notifytest.Secret}}
			err := notify.NewSender(notify.Config{}).Send(t.Context(), ep, messages()[journey.MessageAMLChanged], "")
			var refused *notify.Refused
			var unavailable *notify.Unavailable
			got := fmt.Sprintf("%T", err)
			switch {
			case err == nil:
				got = done
			case errors.As(err, &refused) && refused.Status == status:
				got = parked
			case errors.As(err, &unavailable) && unavailable.Status == status:
				got = retried
			}
			if got != want {
				t.Errorf("status %d: got %s, want %s", status, got, want)
			}
			if n := hits.Load(); n != 1 {
				t.Errorf("got %d requests, want 1: redirects are not followed", n)
			}
		})
	}
}

func TestRetryAfterIsReadAndBounded(t *testing.T) {
	t.Parallel()
	cases := map[string]time.Duration{
		"": 0, "30": 30 * time.Second, "-5": 0, "soon": 0, "99999999999": 6 * time.Hour,
		"86400":                         6 * time.Hour,
		"Thu, 22 Nov 2125 09:02:00 GMT": 6 * time.Hour,
		"Sun, 22 Nov 2020 08:00:00 GMT": 0,
	}
	for header, want := range cases {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusServiceUnavailable)
			}))
			sender := notify.NewSender(notify.Config{})
			ep := notify.Endpoint{Name: "core", URL: url, Secrets: []string{notifytest.Secret}}
			err := sender.Send(t.Context(), ep, messages()[journey.MessageAMLChanged], "")
			var unavailable *notify.Unavailable
			if !errors.As(err, &unavailable) || unavailable.RetryAfter != want {
				t.Errorf("got %v (%+v), want Unavailable after %v", err, unavailable, want)
			}
		})
	}
}

func TestNetworkFailuresAreRetriedAndDoNotQuoteTheURL(t *testing.T) {
	t.Parallel()
	silent := make(chan struct{})
	slow := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(silent) })
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cases := map[string]struct {
		ctx  context.Context
		url  string
		want error
	}{
		"no listener": {t.Context(), "http://127.0.0.1:1", nil},
		"no answer":   {t.Context(), slow, context.DeadlineExceeded},
		"cancelled":   {cancelled, slow, context.Canceled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ep := notify.Endpoint{Name: "core", URL: c.url + "/hook?token=s3cret", Secrets: []string{notifytest.Secret}}
			ep.Timeout = 200 * time.Millisecond
			err := notify.NewSender(notify.Config{}).Send(c.ctx, ep, messages()[journey.MessageAMLChanged], "")
			var unavailable *notify.Unavailable
			if !errors.As(err, &unavailable) || unavailable.Status != 0 {
				t.Fatalf("got %v, want Unavailable without a status", err)
			}
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v inside", err, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "/hook") {
				t.Errorf("the error quotes the URL: %v", err)
			}
		})
	}
}

func TestConfigurationErrorsAreNeitherRefusedNorUnavailable(t *testing.T) {
	t.Parallel()
	good := notify.Endpoint{Name: "core", URL: "http://127.0.0.1:1/", Secrets: []string{notifytest.Secret}}
	noSecret, emptySecret, badSecret, badURL := good, good, good, good
	noSecret.Secrets, emptySecret.Secrets = nil, []string{"whsec_"}
	badSecret.Secrets = []string{notifytest.Secret, "whsec_!s3cret!"}
	badURL.URL = "http://user:s3cret@\x7f/"
	for name, ep := range map[string]notify.Endpoint{
		"no secret": noSecret, "empty secret": emptySecret, "bad secret": badSecret, "bad url": badURL,
	} {
		err := notify.NewSender(notify.Config{}).Send(t.Context(), ep, messages()[journey.MessageDecided], "")
		var refused *notify.Refused
		var unavailable *notify.Unavailable
		if err == nil || errors.As(err, &refused) || errors.As(err, &unavailable) {
			t.Errorf("%s: got %v, want a plain error", name, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error quotes a secret: %v", name, err)
		}
	}
}

func TestEndpointsDoNotPrintSecrets(t *testing.T) {
	t.Parallel()
	ep := notify.Endpoint{Name: "core", URL: "https://x.example/?token=s3cret", Secrets: []string{notifytest.Secret}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("sending", "endpoint", ep)
	for _, text := range []string{fmt.Sprint(ep), fmt.Sprintf("%+v", ep), log.String()} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, "whsec_") {
			t.Errorf("printed as %s", text)
		}
	}
}

func TestTheSignatureIsTheStandardOne(t *testing.T) {
	t.Parallel()
	// The key is random bytes here, as real ones are: base64 decoding matters.
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte{0, 255, 1, 254, 2, 253, 3, 252, 4, 251, 5, 250, 6, 249, 7, 248, 8, 247, 9, 246, 10, 245, 11, 244})
	headers := make(chan http.Header, 1)
	url := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { headers <- r.Header }))
	at := time.Unix(1_800_000_000, 0)
	m := messages()[journey.MessageDecided]
	sender := notify.NewSender(notify.Config{Now: func() time.Time { return at }})
	if err := sender.Send(t.Context(), notify.Endpoint{Name: "core", URL: url, Secrets: []string{secret}}, m, reference); err != nil {
		t.Fatal(err)
	}
	body, err := notify.Encode(m, reference)
	if err != nil {
		t.Fatal(err)
	}
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	h := <-headers
	if err := wh.VerifyIgnoringTimestamp(body, h); err != nil {
		t.Error(err)
	}
	if got := h.Get("webhook-timestamp"); got != "1800000000" {
		t.Errorf("webhook-timestamp: got %q, want the time of the attempt", got)
	}
	if got := h.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type: got %q", got)
	}
}
