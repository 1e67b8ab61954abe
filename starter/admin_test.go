package starter_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"idjourney/starter"
)

func (h *house) get(t *testing.T, path string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(awaitContext(t), http.MethodGet, "http://"+h.admin+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func (h *house) ready(t *testing.T, query string) (int, map[string]starter.Check) {
	t.Helper()
	got := h.get(t, "/readyz"+query)
	var answer starter.Readiness
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		t.Fatalf("reading %s: %v", got.body, err)
	}
	if answer.Ready != (got.status == 200) {
		t.Errorf("status %d contradicts %s", got.status, got.body)
	}
	rows := map[string]starter.Check{}
	for _, row := range answer.Checks {
		rows[row.Name] = row
	}
	return got.status, rows
}

func TestReadinessShowsWhatIsAway(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	status, rows := h.ready(t, "")
	if status != 200 || len(rows) != 4+len(accounts()) {
		t.Errorf("got %d %v, want 200 and a row per check and account", status, rows)
	}
	if got := rows["account/tokens"].Detail; got != "webhooks: bearer and headers" {
		t.Errorf("account/tokens: got %q", got)
	}

	h.temporal.setDown(true)
	h.post(t, finishedJourney("e1", "j1"))
	status, rows = h.ready(t, "")
	if status != 503 || rows["temporal"].OK || rows["search_attributes"].OK || !rows["ledger"].OK {
		t.Errorf("Temporal away: got %d %v", status, rows)
	}
	if got := rows["backlog"]; !got.OK || !strings.HasPrefix(got.Detail, "1 waiting") {
		t.Errorf("backlog: got %+v, want ok and one that waits", got)
	}
	// A load balancer asks only whether webhooks are accepted.
	if status, rows = h.ready(t, "?exclude=temporal&exclude=search_attributes"); status != 200 {
		t.Errorf("without Temporal: got %d %v, want 200", status, rows)
	}
	h.temporal.setDown(false)

	h.temporal.mu.Lock()
	h.temporal.missing = []string{"JourneyPhase"}
	h.temporal.mu.Unlock()
	status, rows = h.ready(t, "")
	if status != 503 || !rows["temporal"].OK || !strings.Contains(rows["search_attributes"].Detail, "JourneyPhase") {
		t.Errorf("attribute missing: got %d %v", status, rows)
	}
	h.temporal.mu.Lock()
	h.temporal.missing = nil
	h.temporal.mu.Unlock()

	h.store.down.Store(true)
	status, rows = h.ready(t, "")
	if status != 503 || rows["ledger"].OK || !rows["temporal"].OK {
		t.Errorf("ledger away: got %d %v", status, rows)
	}
	if got := h.get(t, "/healthz"); got.status != 200 {
		t.Errorf("healthz: got %d, want 200 while other parts are away", got.status)
	}
}

func TestMetricsAreOnTheAdminListenerAlone(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metric 1\n") })
	})
	if got := h.get(t, "/metrics"); got.status != 200 || got.body != "metric 1\n" {
		t.Errorf("got %d %q", got.status, got.body)
	}
	if got := h.get(t, "/webhooks/idwise/bank"); got.status != 404 {
		t.Errorf("webhooks on the admin listener: got %d, want 404", got.status)
	}
	if got := open(t, nil).get(t, "/metrics"); got.status != 404 {
		t.Errorf("without metrics: got %d, want 404", got.status)
	}
}

func TestServeEndsWhenAListenerFails(t *testing.T) {
	t.Parallel()
	h := open(t, nil) // lends its parts
	s, err := starter.New(starter.Config{
		Accounts: accounts(), Ledger: h.store, Signaler: h.temporal, Forwarder: &idle{},
	})
	if err != nil {
		t.Fatal(err)
	}
	public, admin := listen(t), listen(t)
	admin.Close()
	if err := s.Serve(awaitContext(t), public, admin); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "admin listener") {
		t.Errorf("got %v, want the admin listener's failure", err)
	}
}

func TestServeEndsWhenTheForwarderFails(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	failure := errors.New("the forwarder's failure")
	s, err := starter.New(starter.Config{
		Accounts: accounts(), Ledger: h.store, Signaler: h.temporal, Forwarder: &idle{failure: failure},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(awaitContext(t), listen(t), listen(t)); !errors.Is(err, failure) {
		t.Errorf("got %v, want the forwarder's failure", err)
	}
}
