package idwise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serve starts a vendor that answers every request the same way, and a client for it.
func serve(t *testing.T, handler http.HandlerFunc, change func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg := Config{BaseURL: server.URL, Credentials: Credentials{Key: "key", Secret: "se:cret"}}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fixed(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		key, secret, _ := r.BasicAuth()
		got = fmt.Sprint(r.Method, " ", r.URL.Path, " ", key, " ", secret)
		_, _ = io.WriteString(w, `{"journey_id":"j-1","system_decision":"Complete"}`)
	}, func(cfg *Config) { cfg.BaseURL += "/" })
	r, err := c.Result(t.Context(), "j-1")
	if err != nil || r.SystemDecision != "Complete" {
		t.Fatalf("got %v, %v", r, err)
	}
	if want := "GET /journey/v2/j-1 key se:cret"; got != want {
		t.Errorf("the vendor got %q, want %q", got, want)
	}
	if _, err := c.Result(t.Context(), "j-2"); !errors.Is(err, ErrOtherJourney) {
		t.Errorf("asking for j-2 and getting j-1: got %v, want ErrOtherJourney", err)
	}
}

func TestPathIsCorrected(t *testing.T) {
	t.Parallel()
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Path
		_, _ = io.WriteString(w, `{"journey_id":"j-1"}`)
	}, func(cfg *Config) { cfg.Paths = map[string]string{"journey_result": "/v9/{journey_id}/result"} })
	if _, err := c.Result(t.Context(), "j-1"); err != nil {
		t.Fatal(err)
	}
	if want := "/v9/j-1/result"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

const envelope = `{"success":false,"message":"private words","error_code":"%s"}`

func TestErrorsAreClassified(t *testing.T) {
	t.Parallel()
	missing := fmt.Sprintf(envelope, "missing_requested_resource")
	cases := map[string]struct {
		answer                                http.HandlerFunc
		missing, denied, definite, unreadable bool
		retryAfter                            time.Duration
	}{
		"missing":             {answer: fixed(404, missing), missing: true, definite: true},
		"missing as 400":      {answer: fixed(400, missing), missing: true, definite: true},
		"missing as 200":      {answer: fixed(200, missing), missing: true},
		"missing as 500":      {answer: fixed(500, missing)},
		"bare 404":            {answer: fixed(404, "404 page not found"), denied: true, definite: true},
		"404 of a gateway":    {answer: fixed(404, `{"message":"missing_requested_resource"}`), denied: true, definite: true},
		"401":                 {answer: fixed(401, fmt.Sprintf(envelope, "invalid_credentials")), denied: true, definite: true},
		"403":                 {answer: fixed(403, fmt.Sprintf(envelope, "unauthorized")), denied: true, definite: true},
		"422":                 {answer: fixed(422, fmt.Sprintf(envelope, "whatever")), denied: true, definite: true},
		"redirect":            {answer: fixed(302, "", "Location", "http://elsewhere.invalid/"), denied: true},
		"408":                 {answer: fixed(408, "")},
		"425":                 {answer: fixed(425, ""), definite: true},
		"429":                 {answer: fixed(429, ""), definite: true},
		"429 and seconds":     {answer: fixed(429, "", "Retry-After", " 7 "), definite: true, retryAfter: 7 * time.Second},
		"429 and endless":     {answer: fixed(429, "", "Retry-After", "999999999999999"), definite: true, retryAfter: time.Hour},
		"429 and nonsense":    {answer: fixed(429, "", "Retry-After", "soon"), definite: true},
		"503 and seconds":     {answer: fixed(503, "", "Retry-After", "2"), retryAfter: 2 * time.Second},
		"500 and seconds":     {answer: fixed(500, "", "Retry-After", "2")},
		"502":                 {answer: fixed(502, "<html>")},
		"200 and a page":      {answer: fixed(200, "<html>private words</html>"), unreadable: true},
		"204":                 {answer: fixed(204, ""), unreadable: true},
		"200 without journey": {answer: fixed(200, "{}"), unreadable: true},
		"200 and too large":   {answer: fixed(200, `{"journey_id":"j-1","x":"`+strings.Repeat("x", 4096)+`"}`), unreadable: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, c.answer, func(cfg *Config) { cfg.MaxBody = 2048 })
			_, err := client.Result(t.Context(), "j-1")
			if err == nil {
				t.Fatal("got no error")
			}
			if strings.Contains(err.Error(), "private words") {
				t.Errorf("the error holds the vendor's text: %v", err)
			}
			if got := IsMissing(err); got != c.missing {
				t.Errorf("IsMissing(%v): got %v", err, got)
			}
			if got := IsDenied(err); got != c.denied {
				t.Errorf("IsDenied(%v): got %v", err, got)
			}
			if got := Definite(err); got != c.definite {
				t.Errorf("Definite(%v): got %v", err, got)
			}
			if got := errors.Is(err, ErrUnreadable); got != c.unreadable {
				t.Errorf("unreadable(%v): got %v", err, got)
			}
			if got := RetryAfter(err); got != c.retryAfter {
				t.Errorf("RetryAfter(%v): got %v, want %v", err, got, c.retryAfter)
			}
		})
	}
}

func TestAnErrorNamesOperationStatusAndCode(t *testing.T) {
	t.Parallel()
	c := serve(t, fixed(403, fmt.Sprintf(envelope, "unauthorized")), nil)
	err := c.CompleteCustomStep(t.Context(), "j-1")
	if got, want := fmt.Sprint(err), "calling complete_custom_step: the vendor answered 403 unauthorized"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRetryAfterDelaysTheWholeClient(t *testing.T) {
	t.Parallel()
	calls := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	}, nil)
	_, _ = c.Result(t.Context(), "j-1")
	err := c.CompleteCustomStep(t.Context(), "j-2")
	d := RetryAfter(err)
	if calls != 1 || d <= 50*time.Second || !Definite(err) || IsDenied(err) {
		t.Errorf("got %d calls, %v, wait %v; want one call and a wait of about a minute", calls, err, d)
	}
	if api, _ := errors.AsType[*APIError](err); api == nil || !api.Held {
		t.Errorf("got %v, want a call that was held", err)
	}
}

func TestTransportErrors(t *testing.T) {
	t.Parallel()
	c := serve(t, fixed(200, ""), func(cfg *Config) { cfg.BaseURL = "http://127.0.0.1:1" })
	if _, err := c.Result(t.Context(), "j-1"); !Definite(err) || IsDenied(err) || IsMissing(err) {
		t.Errorf("no listener: got %v, want a definite error, not a refusal", err)
	}
	hangsUp := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	if err := serve(t, hangsUp, nil).CompleteCustomStep(t.Context(), "j-1"); err == nil || Definite(err) {
		t.Errorf("the vendor hangs up: got %v, want an error that is not definite", err)
	}
	cutOff := fixed(200, `{"journey_id"`, "Content-Length", "500")
	if _, err := serve(t, cutOff, nil).Result(t.Context(), "j-1"); err == nil || Definite(err) || errors.Is(err, ErrUnreadable) {
		t.Errorf("the answer is cut off: got %v, want a transport error", err)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c := serve(t, func(http.ResponseWriter, *http.Request) { <-release }, func(cfg *Config) { cfg.Timeout = 500 * time.Millisecond })
	defer close(release)
	if _, err := c.Result(t.Context(), "j-1"); !errors.Is(err, context.DeadlineExceeded) || Definite(err) {
		t.Errorf("got %v, want a deadline that is not definite", err)
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	calls := 0
	c := serve(t, func(http.ResponseWriter, *http.Request) { calls++ }, func(cfg *Config) { cfg.RequestsPerSecond = 0.001 })
	errs := map[string]error{"no image": c.ProcessCustomStep(t.Context(), "j-1", "30", nil, "image/png")}
	_, errs["bad id"] = c.Result(t.Context(), "../admin")
	_, errs["dots"] = c.Result(t.Context(), "..")
	errs["header"] = c.ProcessCustomStep(t.Context(), "j-1", "30", []byte("x"), "image/png\r\nX: y")
	for name, err := range errs {
		if !errors.Is(err, ErrNotSent) || !Definite(err) {
			t.Errorf("%s: got %v, want ErrNotSent", name, err)
		}
	}
	if calls != 0 {
		t.Fatalf("got %d calls, want none", calls)
	}
	if err := c.CompleteCustomStep(t.Context(), "j-1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.CompleteCustomStep(ctx, "j-1"); !errors.Is(err, ErrNotSent) || calls != 1 {
		t.Errorf("over the limit: got %v and %d calls, want ErrNotSent and one", err, calls)
	}
}
