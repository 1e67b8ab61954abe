package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"idjourney/activities"
	"idjourney/config"
	"idjourney/government/governmenttest"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/notify/notifytest"
	"idjourney/telemetry"
)

const (
	account  = "acme"
	faceStep = "government_face"
	core     = "core" // the customer's endpoint
)

// world is everything that the activities use: the stand-in vendor, a register, the
// customer's endpoint, and a ledger.
type world struct {
	activities *activities.Activities
	config     *config.Config
	ledger     *ledger.Ledger
	vendor     *idwisetest.Vendor
	road       *road // to the vendor
	register   *governmenttest.Register
	customer   *notifytest.Endpoint
	door       *door // in front of the customer
}

// written is the configuration; each $ is replaced by an address.
const written = `
accounts:
  - name: acme
    environment: sandbox
    base_url: $VENDOR
    api_key: { secret_env: KEY }
    api_secret: { secret_env: SECRET }
    requests_per_second: 1000
    webhook: { auth: none }
    government: { url: $REGISTER, token: { secret_env: TOKEN } }
    endpoints:
      - { name: core, url: $CUSTOMER, secrets: [{ secret_env: SIGNING }] }
    flows:
      - id: flow-onboarding
        name: onboarding
        custom_step: true
        steps:
          - name: government_face
            activity: CompareGovernmentFace
            step_id: "30"
            patience: 2m
            start_to_close: 1m
            match_wait: $MATCH_WAIT
            match_poll: $MATCH_POLL
`

// longWait is a match_wait that no test waits for.
const longWait = "50s"

func newWorld(t *testing.T) *world { return newWorldWaiting(t, longWait, "2ms") }

func newWorldWaiting(t *testing.T, matchWait, matchPoll string) *world {
	t.Helper()
	w := &world{register: governmenttest.New("register-token")}
	w.vendor = idwisetest.New(idwisetest.Config{
		Accounts: []idwisetest.Account{{Key: "key", Secret: "secret"}},
		Scale:    0.0001, // the vendor's minute is 6 ms
	})
	t.Cleanup(w.vendor.Close)
	w.road = &road{vendor: w.vendor, calls: map[string]int{}}
	var err error
	if w.customer, err = notifytest.New(notifytest.Secret); err != nil {
		t.Fatal(err)
	}
	w.door = &door{customer: w.customer}
	text := strings.NewReplacer("$VENDOR", serve(t, w.road), "$REGISTER", serve(t, w.register),
		"$CUSTOMER", serve(t, w.door), "$MATCH_WAIT", matchWait, "$MATCH_POLL", matchPoll).Replace(written)
	cfg, err := config.Read(strings.NewReader(text), []string{
		"IDJOURNEY_REFERENCE_KEY=a-key-of-thirty-two-bytes-or-more", "KEY=key", "SECRET=secret",
		"TOKEN=register-token", "SIGNING=" + notifytest.Secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.config, w.ledger = cfg, openLedger(t)
	w.activities = w.restarted(t)
	return w
}

// restarted simulates a new worker process, which has only configuration and ledger.
func (w *world) restarted(t *testing.T) *activities.Activities {
	t.Helper()
	a, err := activities.New(w.config, w.ledger, notify.NewSender(notify.Config{}), telemetry.NopInstruments())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func openLedger(t *testing.T) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // some tests have closed it already
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// run makes one attempt of an activity as a worker would: input and answer pass through
// the data converter.
func run[In, Out any](t *testing.T, activity func(context.Context, In) (Out, error), in In) (Out, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(activity)
	var out Out
	encoded, err := env.ExecuteActivity(activity, in)
	if err != nil {
		return out, err
	}
	if err := encoded.Get(&out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

// must is run for an attempt that has to succeed.
func must[In, Out any](t *testing.T, activity func(context.Context, In) (Out, error), in In) Out {
	t.Helper()
	out, err := run(t, activity, in)
	if err != nil {
		t.Fatalf("the activity failed: %v", err)
	}
	return out
}

// wantRetry checks that an attempt failed under a code and is retried after the delay; 0
// means the retry policy's own delay.
func wantRetry(t *testing.T, err error, code string, after time.Duration) {
	t.Helper()
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want an application error %s", err, code)
	}
	if failed.Type() != code || failed.NonRetryable() || failed.NextRetryDelay() != after {
		t.Errorf("got %s, non-retryable %v, after %s (%v); want %s, retryable, after %s",
			failed.Type(), failed.NonRetryable(), failed.NextRetryDelay(), failed, code, after)
	}
}

// start begins a journey by its script and waits until it reaches the phase.
func (w *world) start(t *testing.T, script string, phase idwisetest.Phase) idwisetest.Snapshot {
	t.Helper()
	return w.await(t, w.vendor.Start(script, script+"-reference"), phase)
}

func (w *world) await(t *testing.T, id string, phase idwisetest.Phase) idwisetest.Snapshot {
	t.Helper()
	s, err := w.vendor.Await(t.Context(), id, func(s idwisetest.Snapshot) bool { return s.Phase == phase })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) fetch(t *testing.T, id string) journey.FetchAnswer {
	t.Helper()
	return must(t, w.activities.Fetch, journey.FetchInput{Account: account, JourneyID: id, Phase: journey.AwaitingResult, At: time.Now()})
}
