package api_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"idjourney/api"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// watched is a ledger that reports each read of a journey.
type watched struct {
	api.Ledger
	looks chan struct{} // receives one for each, as far as there is room
	count atomic.Int32
}

func (w *watched) View(ctx context.Context, account, id string) (ledger.View, error) {
	w.count.Add(1)
	select {
	case w.looks <- struct{}{}:
	default:
	}
	return w.Ledger.View(ctx, account, id)
}

// poll asks for jny-known with the ETag of what is shown now, and answers by a channel.
func poll(t *testing.T, url, wait string) (known string, answer <-chan reply) {
	t.Helper()
	now := exchange(t, url, ask{method: "GET", path: "/v1/journeys/acme/jny-known", token: readerToken})
	known = now.header.Get("Etag")
	done := make(chan reply, 1)
	go func() {
		done <- exchange(t, url, ask{method: "GET", path: "/v1/journeys/acme/jny-known?wait=" + wait, token: readerToken,
			header: http.Header{"If-None-Match": {known}}})
	}()
	return known, done
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-awaitContext(t).Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestALongPollAnswersWhenTheJourneyChanges(t *testing.T) {
	t.Parallel()
	w := &watched{looks: make(chan struct{}, 10)}
	a := openAPI(t, func(c *api.Config) { w.Ledger, c.Ledger = c.Ledger, w })
	a.fill(t)
	known, answer := poll(t, a.url, "60")
	for range 4 { // the first request's, the poll's first, and two while it waits
		receive(t, w.looks)
	}
	select {
	case got := <-answer:
		t.Fatalf("answered %d before anything changed", got.status)
	default:
	}
	must(t, a.ledger.SaveSnapshot(t.Context(), "acme", "jny-known", journey.Snapshot{At: noon.Add(time.Minute), Phase: journey.Settled, Since: noon}))
	got := receive(t, answer)
	if got.status != 200 || got.header.Get("Etag") == known || !strings.Contains(got.body, `"phase":"settled"`) {
		t.Errorf("got %d %s %s, want the changed journey under another ETag than %s", got.status, got.header.Get("Etag"), got.body, known)
	}
}

func TestALongPollEndsUnchanged(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	known, answer := poll(t, a.url, "1")
	if got := receive(t, answer); got.status != 304 || got.body != "" || got.header.Get("Etag") != known {
		t.Errorf("got %d %q %s, want 304 with the same ETag", got.status, got.body, got.header.Get("Etag"))
	}
}

func TestARequestWithoutAMatchingETagDoesNotWait(t *testing.T) {
	t.Parallel()
	w := &watched{}
	a := openAPI(t, func(c *api.Config) { w.Ledger, c.Ledger = c.Ledger, w })
	a.fill(t)
	for _, etag := range []string{"", `"another"`, `W/"j0.0", "x"`} {
		w.count.Store(0)
		got := a.do(t, ask{method: "GET", path: "/v1/journeys/acme/jny-known?wait=60", token: readerToken, header: http.Header{"If-None-Match": {etag}}})
		if got.status != 200 || w.count.Load() != 1 {
			t.Errorf("%s: got %d after %d reads, want 200 after one", etag, got.status, w.count.Load())
		}
	}
	for _, wait := range []string{"-1", "61", "1.5", "", "x", "1&wait=2"} {
		if got := a.do(t, ask{method: "GET", path: "/v1/journeys/acme/jny-known?wait=" + wait, token: readerToken}); got.status != 400 {
			t.Errorf("wait=%s: got %d, want 400", wait, got.status)
		}
	}
}

func TestTooManyLongPollsAreRefused(t *testing.T) {
	t.Parallel()
	w := &watched{looks: make(chan struct{}, 10)}
	a := openAPI(t, func(c *api.Config) { w.Ledger, c.Ledger, c.MaxWaits = c.Ledger, w, 1 })
	a.fill(t)
	known, first := poll(t, a.url, "60")
	for range 3 {
		receive(t, w.looks)
	}
	got := a.do(t, ask{method: "GET", path: "/v1/journeys/acme/jny-known?wait=60", token: readerToken, header: http.Header{"If-None-Match": {known}}})
	if got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("got %d, want 503 with Retry-After", got.status)
	}
	must(t, a.ledger.SaveSnapshot(t.Context(), "acme", "jny-known", journey.Snapshot{At: noon.Add(time.Minute), Phase: journey.Settled, Since: noon}))
	if got := receive(t, first); got.status != 200 {
		t.Errorf("the first: got %d, want 200", got.status)
	}
}

// The limits that protect the listener from slow callers neither cut a long poll off
// nor keep the process from stopping.
func TestALongPollOutlastsTheLimitsAndEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	w := &watched{looks: make(chan struct{}, 1000)}
	a := &testAPI{ledger: ledgertest.Open(t, ledgertest.SQLite(t)), operator: &fakeOperator{}, vendor: &fakeVendor{}, log: &lockedBuffer{}}
	made, err := api.New(a.config(func(c *api.Config) { w.Ledger, c.Ledger = c.Ledger, w }))
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped := make(chan error, 1)
	go func() {
		stopped <- made.Serve(ctx, listener, config.Intake{
			ReadTimeout: 200 * time.Millisecond, WriteTimeout: 200 * time.Millisecond, ShutdownTimeout: waitForAnswer,
		})
	}()
	url := "http://" + listener.Addr().String()
	a.fill(t)
	began := time.Now()
	_, answer := poll(t, url, "60")
	for time.Since(began) < time.Second { // well over both limits; each read is an event
		receive(t, w.looks)
	}
	select {
	case got := <-answer:
		t.Fatalf("cut off with %d", got.status)
	default:
	}
	stop()
	if got := receive(t, answer); got.status != 304 {
		t.Errorf("got %d, want 304 at once", got.status)
	}
	must(t, receive(t, stopped))
	if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing the listener again: got %v, want it closed already", err)
	}
}

func TestThereIsNoAPIWithoutTokens(t *testing.T) {
	t.Parallel()
	none, err := api.New(api.Config{})
	if none != nil || err != nil {
		t.Errorf("got %v %v, want nothing", none, err)
	}
}

// A token, or an account, that keeps all its long polls open leaves some to the others.
func TestLongPollsAreSharedOut(t *testing.T) {
	t.Parallel()
	w := &watched{looks: make(chan struct{}, 1000)}
	a := openAPI(t, func(c *api.Config) {
		w.Ledger, c.Ledger, c.MaxWaits = c.Ledger, w, 8
		c.Tokens = append(c.Tokens, config.Token{Name: "second", Secret: config.NewSecret(strings.Repeat("second", 6)), Accounts: []string{"acme"}, Scopes: []config.Scope{config.ScopeRead}},
			config.Token{Name: "third", Secret: config.NewSecret(strings.Repeat("third-", 6)), Accounts: []string{"acme"}, Scopes: []config.Scope{config.ScopeRead}})
	})
	a.fill(t)
	must(t, a.ledger.SaveJourney(t.Context(), ledger.Journey{Account: "globex", JourneyID: "jny-known", UpdatedAt: noon}))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	open := func(token, account string) int {
		t.Helper()
		path := "/v1/journeys/" + account + "/jny-known"
		known := a.do(t, ask{method: "GET", path: path, token: token}).header.Get("Etag")
		q := ask{method: "GET", path: path + "?wait=60", token: token, header: http.Header{"If-None-Match": {known}}}
		done, before := make(chan int, 1), w.count.Load()
		go func() {
			resp, err := http.DefaultClient.Do(q.request(t, a.url).WithContext(ctx))
			if err != nil {
				done <- 0
				return
			}
			defer resp.Body.Close()
			done <- resp.StatusCode
		}()
		for {
			select {
			case status := <-done:
				return status
			case <-w.looks:
				if w.count.Load() > before+50 { // it waits: a refusal reads once
					return 0
				}
			case <-awaitContext(t).Done():
				t.Fatal("neither answered nor waiting")
			}
		}
	}
	for _, c := range []struct {
		token, account string
		want           int // 0: it waits
	}{
		{readerToken, "acme", 0}, {readerToken, "acme", 0}, {readerToken, "acme", 429}, // a quarter for a token
		{strings.Repeat("second", 6), "acme", 0}, {strings.Repeat("second", 6), "acme", 0},
		{strings.Repeat("third-", 6), "acme", 429}, // half for an account
		{otherToken, "globex", 0},
	} {
		if got := open(c.token, c.account); got != c.want {
			t.Errorf("%.6s at %s: got %d, want %d", c.token, c.account, got, c.want)
		}
	}
}
