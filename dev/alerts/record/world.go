package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"idjourney/dev/embed"
	"idjourney/government/governmenttest"
	"idjourney/idwise/idwisetest"
	"idjourney/notify/notifytest"
)

const (
	account = "demo"
	flow    = "flow-onboarding"
	// unserved is the flow of a step whose own workers are all gone.
	unserved  = "flow-with-a-credit-check"
	password  = "webhook-password"
	taskQueue = "idjourney"
)

// world is idjourney in two processes and everything that it talks to.
type world struct {
	dir, binary string
	env         []string
	public      string // host and port of the webhook endpoint
	overdue     string // from when on a review is
	policy      string // see fault

	temporal *embed.Server
	metrics  string // host and port of Temporal's metrics
	paused   bool
	client   client.Client
	vendor   *idwisetest.Vendor
	register *governmenttest.Register
	customer *notifytest.Endpoint

	starter, worker *process
	closers         []func()
}

// newWorld brings everything up in dir and returns when both processes are ready.
func newWorld(ctx context.Context, dir, binary string, f fault) (*world, error) {
	w := &world{dir: dir, binary: binary, overdue: cmp.Or(f.overdue, "6s"), policy: cmp.Or(f.policy, "spot_check_failed: review")}
	if err := w.start(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) start(ctx context.Context) (err error) {
	port, err := embed.FreePort()
	if err != nil {
		return err
	}
	w.metrics = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if w.temporal, err = embed.Start(ctx, embed.Options{
		Dir: filepath.Join(w.dir, "temporal"), UIPort: embed.NoUI, MetricsPort: port,
	}); err != nil {
		return err
	}
	w.closers = append(w.closers, func() { _ = w.temporal.Stop() })
	w.client, err = client.NewLazyClient(client.Options{
		HostPort: w.temporal.HostPort(), Namespace: w.temporal.Namespace(), Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	w.closers = append(w.closers, w.client.Close)
	if err := w.outside(ctx); err != nil {
		return err
	}
	return w.product(ctx)
}

// outside starts the stand-ins.
func (w *world) outside(ctx context.Context) (err error) {
	if w.public, err = free(ctx); err != nil {
		return err
	}
	w.vendor = idwisetest.New(idwisetest.Config{
		Scale: 0.005, // IDWise's minute takes 300 ms
		Accounts: []idwisetest.Account{{
			Key: "key", Secret: "api-secret", FlowID: flow, BasicUser: "idwise", BasicPassword: password, WebhookURL: w.webhookURL(),
		}},
	})
	w.closers = append(w.closers, w.vendor.Close)
	w.register = governmenttest.New("government-token")
	w.customer, err = notifytest.New(notifytest.Secret)
	return err
}

func (w *world) webhookURL() string { return "http://" + w.public + "/webhooks/idwise/" + account }

func (w *world) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	w.closers = append(w.closers, s.Close)
	return s.URL
}

// product starts starter and worker.
func (w *world) product(ctx context.Context) error {
	starterAdmin, err1 := free(ctx)
	workerAdmin, err2 := free(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	file := filepath.Join(w.dir, "idjourney.yaml")
	text := fmt.Sprintf(configText, w.public, starterAdmin, w.ledger(), w.overdue, w.policy, w.serve(w.vendor), w.serve(w.register), w.serve(w.customer), flow, unserved)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	w.env = append(os.Environ(),
		"IDJOURNEY_CONFIG="+file, "IDJOURNEY_REFERENCE_KEY="+strings.Repeat("k", 32),
		"TEMPORAL_ADDRESS="+w.temporal.HostPort(), "TEMPORAL_NAMESPACE="+w.temporal.Namespace(),
		"DEMO_KEY=key", "DEMO_SECRET=api-secret", "DEMO_WEBHOOK="+password, "DEMO_GOVERNMENT=government-token", "DEMO_CORE="+notifytest.Secret)
	var err error
	if w.starter, err = w.run(ctx, "starter", starterAdmin); err != nil {
		return err
	}
	w.worker, err = w.run(ctx, "worker", workerAdmin, "--admin", workerAdmin)
	return err
}

func (w *world) ledger() string { return filepath.Join(w.dir, "ledger.db") }

// configText is an account whose days are seconds.
const configText = `
listen: {public: %q, admin: %q}
ledger: {url: "sqlite:%s"}
worker: {stop_timeout: 1s}
review_overdue_after: %s
policy: {ask_again: [200ms, 500ms, 1s, 2s, 5s], user_steps_within: 30s, result_within: 30s, review_look: 10m, expire_after: 1h, unknown_after: 2s, %s}
activities:
  - {name: Fetch, start_to_close: 3s, retry: {initial: 200ms, maximum_interval: 2s}}
  - {name: CompleteCustomStep, start_to_close: 3s, retry: {initial: 200ms, maximum_interval: 2s}}
  - {name: Publish, start_to_close: 3s, retry: {initial: 200ms, maximum_interval: 5s}}
accounts:
  - name: demo
    environment: sandbox
    base_url: %s
    api_key: {secret_env: DEMO_KEY}
    api_secret: {secret_env: DEMO_SECRET}
    requests_per_second: 100
    webhook: {basic: [{user: idwise, password: {secret_env: DEMO_WEBHOOK}}]}
    government: {url: %s, token: {secret_env: DEMO_GOVERNMENT}}
    endpoints: [{name: core, url: %s, secrets: [{secret_env: DEMO_CORE}]}]
    flows:
      - id: %q
        name: onboarding
        custom_step: true
        steps:
          - {name: government_face, activity: CompareGovernmentFace, step_id: "30", patience: 20s, match_wait: 10s, match_poll: 100ms, retry: {initial: 300ms, maximum_interval: 1s}}
      - id: %q
        name: credit
        custom_step: true
        steps:
          - {name: credit_check, activity: CheckCredit, task_queue: credit, when: always, patience: 2h}
`

// begin lets a user begin a journey of a flow at the vendor.
func (w *world) begin(script, flowID string) error {
	_, err := w.vendor.Begin(idwisetest.StartRequest{Account: "key", Script: script, Reference: script + "-customer", FlowID: flowID})
	return err
}

// post sends a body to the webhook endpoint.
func (w *world) post(ctx context.Context, password, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.webhookURL(), strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("idwise", password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Body.Close()
}

func (w *world) close() {
	w.worker.stop()
	w.starter.stop()
	for i := len(w.closers) - 1; i >= 0; i-- {
		w.closers[i]()
	}
}
