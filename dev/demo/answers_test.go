package demo

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"idjourney/dev/world"
	"idjourney/journey"
	"idjourney/ledger"
)

// What people try with curl against the running demo. None of it may leave a
// journey stuck: the one that is accepted is closed as unknown.
func TestAnswersOfTheEndpoint(t *testing.T) {
	s := start(t, world.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const event = `{"event":"Finished Journey","body":{"eventId":"e-1","journeyId":"made-up","systemDecision":"Complete"}}`
	user, k := s.Keys.WebhookUser, s.Keys
	for _, c := range []struct {
		name, method, account, password, body, header string
		want                                          int
	}{
		{name: "accepted", password: k.WebhookPassword, body: event, want: 200},
		{name: "duplicate", password: k.WebhookPassword, body: event, want: 200},
		{name: "second live password, with colons", password: k.WebhookPasswordNext, body: event, want: 200},
		{name: "wrong password", password: "wrong", body: event, want: 401},
		{name: "wrong password with colons", password: k.WebhookPassword + ":x", body: event, want: 401},
		{name: "no header", body: event, want: 401},
		{name: "forged X-Forwarded-For", password: k.WebhookPassword, body: event, header: "203.0.113.9", want: 200},
		{name: "unknown account", account: "stranger", password: k.WebhookPassword, body: event, want: 401},
		{name: "GET", method: http.MethodGet, password: k.WebhookPassword, want: 405},
		{name: "2 MB body", password: k.WebhookPassword, body: strings.Repeat("a", 2<<20), want: 413},
		{name: "not JSON", password: k.WebhookPassword, body: "hello", want: 200},
		{name: "JSON array", password: k.WebhookPassword, body: "[]", want: 200},
		{name: "unknown event", password: k.WebhookPassword, body: `{"event":"Finished Something","body":{"eventId":"e-2","journeyId":"x"}}`, want: 200},
		{name: "missing body", password: k.WebhookPassword, body: `{"event":"Finished Journey"}`, want: 200},
		{name: "control characters", password: k.WebhookPassword, body: strings.Replace(event, "made-up", `a\u0001b`, 1), want: 200},
	} {
		account, method := world.Account, http.MethodPost
		if c.account != "" {
			account = c.account
		}
		if c.method != "" {
			method = c.method
		}
		req, err := http.NewRequestWithContext(ctx, method, s.WebhookURL(account), strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.password != "" {
			req.SetBasicAuth(user, c.password)
		}
		if c.header != "" {
			req.Header.Set("X-Forwarded-For", c.header)
		}
		if got := answered(t, req); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	nothingIsStuck(ctx, t, s)
}

func answered(t *testing.T, req *http.Request) int {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// nothingIsStuck waits for the one journey to be closed, and makes sure that the
// rest is in the ledger and nowhere else.
func nothingIsStuck(ctx context.Context, t *testing.T, s *world.World) {
	t.Helper()
	r := &run{world: s, account: world.Account}
	if _, err := r.rest(ctx, "made-up", journey.Unknown); err != nil {
		t.Error(err)
	}
	counts, err := s.Ledger.WebhookCounts(ctx, world.Account)
	if err != nil {
		t.Fatal(err)
	}
	// Not JSON, an array, no body, a bad id; and an unknown event.
	if got, want := counts[ledger.Quarantine], 4; got != want {
		t.Errorf("got %d webhooks in quarantine, want %d", got, want)
	}
	if got, want := counts[ledger.Keep], 1; got != want {
		t.Errorf("got %d webhooks kept, want %d", got, want)
	}
	if got, want := counts[ledger.Forward], 1; got != want {
		t.Errorf("got %d webhooks forwarded, want %d", got, want)
	}
	open, err := s.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: s.Namespace, Query: "ExecutionStatus = 'Running'",
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(open.GetExecutions()); n > 0 {
		t.Errorf("%d workflows are still open", n)
	}
}
