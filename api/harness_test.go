package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"idjourney/api"
	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// The tokens of these tests.
const (
	readerToken   = "reader-reader-reader-reader-reader"
	operatorToken = "operator-operator-operator-operator"
	eraserToken   = "eraser-eraser-eraser-eraser-eraser"
	otherToken    = "another-account-another-account-tok"
	clerkToken    = "clerk-clerk-clerk-clerk-clerk-clerk"
	officerToken  = "officer-officer-officer-officer-off"
)

func tokens() []config.Token {
	one := func(name, secret string, accounts []string, scopes ...config.Scope) config.Token {
		return config.Token{Name: name, Secret: config.NewSecret(secret), Accounts: accounts, Scopes: scopes}
	}
	acme := []string{"acme"}
	return []config.Token{
		one("app", readerToken, acme, config.ScopeRead),
		one("backoffice", operatorToken, acme, config.ScopeRead, config.ScopeOperate, config.ScopeAMLRead),
		one("clerk", clerkToken, acme, config.ScopeRead, config.ScopeOperate),
		one("privacy", eraserToken, acme, config.ScopeErase),
		one("officer", officerToken, acme, config.ScopeRead, config.ScopeAMLRead),
		one("elsewhere", otherToken, []string{"globex"}, config.ScopeRead, config.ScopeOperate, config.ScopeErase, config.ScopeAMLRead),
	}
}

func accounts() []config.Account {
	flows := []config.Flow{{ID: "flow-1", Name: "onboarding"}, {ID: "flow-2", Name: "renewal"}}
	return []config.Account{{Name: "acme", Flows: flows}, {Name: "globex", Flows: flows}}
}

// noon is the clock of these tests.
var noon = time.Date(2026, 1, 23, 12, 0, 0, 0, time.UTC)

// testAPI is an API over a real ledger, with fakes of IDWise and Temporal.
type testAPI struct {
	ledger   *ledger.Ledger
	vendor   *fakeVendor
	operator *fakeOperator
	log      *lockedBuffer
	url      string
	woken    chan struct{}
}

// openAPI starts one; change may alter its configuration.
func openAPI(t *testing.T, change func(*api.Config)) *testAPI {
	t.Helper()
	a := &testAPI{
		ledger: ledgertest.Open(t, ledgertest.SQLite(t)), log: &lockedBuffer{}, woken: make(chan struct{}, 100),
		vendor: &fakeVendor{}, operator: &fakeOperator{},
	}
	made, err := api.New(a.config(change))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(made.Handler())
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *testAPI) config(change func(*api.Config)) api.Config {
	cfg := api.Config{
		Tokens: tokens(), Accounts: accounts(), Ledger: a.ledger, Operator: a.operator,
		Vendors:  map[string]api.Vendor{"acme": a.vendor, "globex": a.vendor},
		Wake:     func() { a.woken <- struct{}{} },
		WaitPoll: 5 * time.Millisecond, Now: func() time.Time { return noon },
		Logger: slog.New(slog.NewTextHandler(a.log, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// ask is a request to the API.
type ask struct {
	method, path, token, body string
	header                    http.Header
}

func (a *testAPI) do(t *testing.T, q ask) reply {
	t.Helper()
	return exchange(t, a.url, q)
}

func exchange(t *testing.T, url string, q ask) reply {
	t.Helper()
	req := q.request(t, url)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	contractOf(t).hold(t, q.request(t, url), resp, body)
	return reply{resp.StatusCode, resp.Header, string(body)}
}

func (q ask) request(t *testing.T, url string) *http.Request {
	t.Helper()
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(awaitContext(t), q.method, url+q.path, body)
	if err != nil {
		t.Fatal(err)
	}
	if q.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, values := range q.header {
		req.Header[name] = values
	}
	return req
}

// fakeVendor is IDWise as far as the API asks it.
type fakeVendor struct {
	mu        sync.Mutex
	started   []idwise.StartRequest
	id        string // of what is started; "jny-started" if empty
	failure   error
	reference string // of what Result shows
	flow      string
}

func (v *fakeVendor) StartJourney(_ context.Context, r idwise.StartRequest) (idwise.StartedJourney, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.started = append(v.started, r)
	if v.failure != nil {
		return idwise.StartedJourney{}, v.failure
	}
	if v.id != "" {
		return idwise.StartedJourney{JourneyID: v.id}, nil
	}
	return idwise.StartedJourney{JourneyID: "jny-started"}, nil
}

func (v *fakeVendor) Result(_ context.Context, id string) (*idwise.Result, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.failure != nil {
		return nil, v.failure
	}
	return &idwise.Result{JourneyID: id, ReferenceNumber: v.reference, FlowID: v.flow}, nil
}

// fakeOperator is Temporal as far as the API acts on it.
type fakeOperator struct {
	mu      sync.Mutex
	acts    []sentAct
	failure error
}

type sentAct struct {
	account, id, update string
	arg                 any
}

func (o *fakeOperator) Act(_ context.Context, account, id, update string, arg any) (journey.Acted, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acts = append(o.acts, sentAct{account, id, update, arg})
	return journey.Acted{Phase: journey.Settled, Standing: journey.Standing{Outcome: journey.OutcomeApproved, Sequence: 2, Since: noon}}, o.failure
}

func (o *fakeOperator) Link(_ context.Context, account, id string, arg any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acts = append(o.acts, sentAct{account, id, journey.UpdateLink, arg})
	return o.failure
}

func (o *fakeOperator) sent() []sentAct {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.acts)
}

// fill saves one journey of acme, jny-known, with every field that the API shows.
func (a *testAPI) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	d := journey.Decision{
		ID: journey.DecisionID("acme", "jny-known", 1), Account: "acme", JourneyID: "jny-known", Sequence: 1,
		Outcome: journey.OutcomeOnHold, Source: journey.SourcePolicy, System: "Complete", Final: "Complete",
		AMLVersion: 2, AMLMatches: 1, Reasons: []string{"aml_match"}, PolicyVersion: "p1", DecidedBy: "policy", DecidedAt: noon.Add(-time.Hour),
	}
	overdue := journey.Ladder{Name: journey.LadderReview, EscalateAt: noon.Add(-time.Minute), Overdue: true}
	s := journey.Snapshot{
		At: noon, Phase: journey.AwaitingReview, Since: noon.Add(-time.Hour), Flow: "onboarding",
		Review: &journey.Review{ID: "rev_1", Kind: journey.ReviewLocal, Reason: "aml_alert", Since: noon.Add(-time.Hour), Ladder: overdue},
		Resubmission: &journey.Resubmission{Kind: journey.KindRenewal, Since: noon, Until: noon.Add(time.Hour),
			Steps: []journey.RequiredStep{{StepID: "10", ReasonCode: "EXPIRED"}}},
		Alerts: []journey.Alert{{ID: "aml_1", Version: 2, Severity: journey.SeverityHigh, Since: noon.Add(-time.Hour),
			Matches: []string{"m-1"}, Changes: 1, Ladder: overdue}},
		Attention: []journey.AttentionItem{{Code: journey.AttentionVendorDenied, Since: noon.Add(-time.Hour)}},
	}
	must(t, a.ledger.SaveJourney(ctx, ledger.Journey{Account: "acme", JourneyID: "jny-known", Reference: "customer-4711", UpdatedAt: noon.Add(-time.Hour)}))
	_, err := a.ledger.SaveDecision(ctx, d, journey.Settled)
	must(t, err)
	must(t, a.ledger.SaveSnapshot(ctx, "acme", "jny-known", s))
	must(t, a.ledger.SaveSpotCheck(ctx, journey.SpotDecision{
		ID: "spot_1", Account: "acme", SpotID: "spot-1", Outcome: journey.SpotHeld, System: "Refer", DecidedAt: noon,
	}, "customer-4711"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const waitForAnswer = 20 * time.Second

// awaitContext bounds waiting for something that must happen.
func awaitContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitForAnswer)
	t.Cleanup(cancel)
	return ctx
}

// reply is an answer with its body read.
type reply struct {
	status int
	header http.Header
	body   string
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
