package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestRedirectsAreAnswers(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) })
		got, err := New(Limits{}).Do(t.Context(), Request{Method: "POST", URL: url, Body: []byte("secret")})
		if err != nil || got.Status != status || Judge(got.Status) != Temporary || followed.Load() {
			t.Errorf("%d: got %d, %v, followed %v", status, got.Status, err, followed.Load())
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 11)) })
	got, err := New(Limits{MaxAnswer: 10}).Do(t.Context(), Request{Method: "GET", URL: url})
	if err != nil || !errors.Is(got.BodyErr, ErrTooLarge) || len(got.Body) != 10 {
		t.Errorf("11 bytes of 10: got %d bytes, %v, %v", len(got.Body), got.BodyErr, err)
	}
	if got, _ = New(Limits{MaxAnswer: 11}).Do(t.Context(), Request{Method: "GET", URL: url}); got.BodyErr != nil || len(got.Body) != 11 {
		t.Errorf("11 bytes of 11: got %d bytes, %v", len(got.Body), got.BodyErr)
	}
	large := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 2*maxHeaders)) })
	if _, err := New(Limits{}).Do(t.Context(), Request{Method: "GET", URL: large}); err == nil {
		t.Error("headers beyond the bound were accepted")
	}
}

// A request ends with its time-out, also in the middle of the body.
func TestTimeoutCoversTheBody(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.(http.Flusher).Flush()
		}
		<-release
	})
	t.Cleanup(func() { close(release) })
	c := New(Limits{Timeout: time.Hour})
	_, err := c.Do(t.Context(), Request{Method: "GET", URL: url, Timeout: 50 * time.Millisecond})
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "no answer in time" {
		t.Errorf("no headers: got %v", err)
	}
	got, err := c.Do(t.Context(), Request{Method: "GET", URL: url + "/body", Timeout: 200 * time.Millisecond})
	if err != nil || !errors.Is(got.BodyErr, context.DeadlineExceeded) {
		t.Errorf("no body: got %v, %v", got.BodyErr, err)
	}
}

func TestErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	noise, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = noise.Close() })
	go func() {
		for conn, err := noise.Accept(); err == nil; conn, err = noise.Accept() {
			_, _ = io.WriteString(conn, "secret-banner of something else\r\n\r\n")
			_ = conn.Close()
		}
	}()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct{ url, want string }{
		"not HTTP":     {"http://" + noise.Addr().String() + "/secret", "the connection broke off"},
		"not a URL":    {"http://secret\x7f", "the URL cannot be used"},
		"no scheme":    {"secret", "the URL cannot be used"},
		"not TLS":      {strings.Replace(plain, "http:", "https:", 1) + "/secret", "the other side does not speak TLS"},
		"no such host": {"http://unknown.invalid/secret", "unknown.invalid"},
	} {
		_, err := New(Limits{}).Do(t.Context(), Request{Method: "GET", URL: c.url})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, " 7 ": 7 * time.Second, "1.5": 0,
		"999999999999999": MaxRetryAfter,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		now.AddDate(1, 0, 0).Format(http.TimeFormat):      MaxRetryAfter,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
	for status, want := range map[int]time.Duration{429: 7 * time.Second, 503: 7 * time.Second, 500: 0, 200: 0} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		})
		if got, err := New(Limits{}).Do(t.Context(), Request{Method: "GET", URL: url}); err != nil || got.RetryAfter != want {
			t.Errorf("%d: got %v, %v, want %v", status, got.RetryAfter, err, want)
		}
	}
}

// A firewall that forgets a connection drops its packets silently. The request on it
// fails long before its time-out, and the next one gets a new connection.
func TestSilentConnectionsAreDropped(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	wall := newFirewall(t, server.Listener.Addr().String())
	c := New(Limits{Timeout: time.Minute})
	own := transport(100 * time.Millisecond)
	own.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c.http.Transport = own
	request := Request{Method: "GET", URL: "https://" + wall.address}
	if got, err := c.Do(t.Context(), request); err != nil || string(got.Body) != "HTTP/2.0" {
		t.Fatalf("got %q, %v, want HTTP/2", got.Body, err)
	}
	wall.forget()
	began := time.Now()
	if _, err := c.Do(t.Context(), request); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("on a dead connection: got %v after %v", err, time.Since(began))
	}
	if got, err := c.Do(t.Context(), request); err != nil || got.Status != http.StatusOK {
		t.Errorf("after it was dropped: got %d, %v", got.Status, err)
	}
}

// firewall passes connections on until its rule drops the existing ones.
type firewall struct {
	address string
	rule    atomic.Pointer[atomic.Bool] // true: drop; of the connections from now on
}

func newFirewall(t *testing.T, to string) *firewall {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	w := &firewall{address: listener.Addr().String()}
	w.rule.Store(new(atomic.Bool))
	go func() {
		for in, err := listener.Accept(); err == nil; in, err = listener.Accept() {
			out, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			rule := w.rule.Load()
			go pass(in, out, rule)
			go pass(out, in, rule)
		}
	}()
	return w
}

func (w *firewall) forget() { w.rule.Swap(new(atomic.Bool)).Store(true) }

func pass(from, to net.Conn, drop *atomic.Bool) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !drop.Load() {
			_, _ = to.Write(buffer[:n])
		}
	}
}
