package starter_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"idjourney/config"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
	"idjourney/starter"
	"idjourney/telemetry"
)

// The accounts' secrets in these tests; the password contains colons on purpose.
const (
	user          = "idwise"
	password      = "first:pass:word"
	nextPassword  = "second-password"
	token         = "first-token"
	nextToken     = "second-token"
	headerValue   = "first-header-value"
	nextHeader    = "second-header-value"
	waitForAnswer = 20 * time.Second
)

// awaitContext bounds waiting for something that must happen.
func awaitContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitForAnswer)
	t.Cleanup(cancel)
	return ctx
}

func accounts() []config.Account {
	basic := []config.BasicCredential{
		{User: user, Password: config.NewSecret(password)},
		{User: user, Password: config.NewSecret(nextPassword)},
	}
	return []config.Account{
		{Name: "bank", Environment: config.Live, Webhook: config.WebhookAuth{Basic: basic}},
		{Name: "fenced", Environment: config.Live, Webhook: config.WebhookAuth{
			Basic: basic, AllowIPs: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
		}},
		{Name: "tokens", Environment: config.Live, Webhook: config.WebhookAuth{
			Bearer: []config.Secret{config.NewSecret(token), config.NewSecret(nextToken)},
			Headers: []config.HeaderCredential{{
				Name: "X-Hook-Key", Values: []config.Secret{config.NewSecret(headerValue), config.NewSecret(nextHeader)},
			}},
		}},
		{Name: "open", Environment: config.Sandbox, Webhook: config.WebhookAuth{None: true}},
	}
}

// house is a running starter with everything it needs.
type house struct {
	public, admin string       // addresses, host:port
	listener      net.Listener // public's
	store         *store
	temporal      *temporal
	log           *lockedBuffer
	metrics       *sdkmetric.ManualReader
	stop          func() error // ends it and returns what Serve returned; once
}

// open starts a starter on loopback ports; change may alter its configuration.
func open(t *testing.T, change func(*starter.Config), more ...func(*starter.Starter)) *house {
	t.Helper()
	h := &house{
		store:    &store{Ledger: ledgertest.Open(t, ledgertest.SQLite(t))},
		temporal: newTemporal(), log: &lockedBuffer{}, metrics: sdkmetric.NewManualReader(),
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	instruments, err := telemetry.NewInstruments(sdkmetric.NewMeterProvider(sdkmetric.WithReader(h.metrics)).Meter("test"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := starter.Config{
		Accounts: accounts(), Ledger: h.store, Signaler: h.temporal, Logger: log, Instruments: instruments,
		// On a busy machine the ledger must not count as away.
		Intake: config.Intake{RecordTimeout: waitForAnswer, WriteTimeout: 2 * waitForAnswer},
		Forwarder: ledger.NewForwarder(h.store.Ledger, starter.Forward(h.temporal, instruments, nil),
			ledger.ForwarderOptions{PollInterval: 50 * time.Millisecond}),
	}
	if change != nil {
		change(&cfg)
	}
	s, err := starter.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range more {
		f(s)
	}
	public, admin := listen(t), listen(t)
	h.listener, h.public, h.admin = public, public.Addr().String(), admin.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public, admin) }()
	h.stop = sync.OnceValue(func() error { cancel(); return <-served })
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return h
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// reply is an answer with its body read.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes one request to the public listener.
func (h *house) send(t *testing.T, method, path string, header http.Header, body io.Reader) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(awaitContext(t), method, "http://"+h.public+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
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

// post sends a webhook of the account bank with the right credentials.
func (h *house) post(t *testing.T, body string) reply {
	t.Helper()
	return h.send(t, http.MethodPost, "/webhooks/idwise/bank", basicAuth(user, password), strings.NewReader(body))
}

func (h *house) counts(t *testing.T, account string) map[ledger.Handling]int {
	t.Helper()
	counts, err := h.store.WebhookCounts(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func basicAuth(user, password string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header
}

func finishedJourney(eventID, journeyID string) string {
	return `{"event":"Finished Journey","body":{"eventId":"` + eventID + `","journeyId":"` + journeyID +
		`","referenceNo":"jane@example.test","systemDecision":"Complete"}}`
}

// counted reads a counter: its values by the values of its attributes, without those at 0.
func (h *house) counted(t *testing.T, name string) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := h.metrics.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if m.Name != name || !ok {
				continue
			}
			for _, point := range sum.DataPoints {
				if point.Value == 0 {
					continue
				}
				var labels []string
				for _, kv := range point.Attributes.ToSlice() { // sorted by key
					labels = append(labels, kv.Value.String())
				}
				got[strings.Join(labels, "|")] = point.Value
			}
		}
	}
	return got
}
