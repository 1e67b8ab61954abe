package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"idjourney/government/governmenttest"
	"idjourney/idwise/idwisetest"
	"idjourney/notify/notifytest"
)

// secret signs the messages to the customer's endpoint.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// house is idjourney as it runs in production, starter and worker in processes of
// their own, between a stand-in vendor, a government register and a customer.
type house struct {
	t        *testing.T
	dir      string
	binary   string
	env      []string
	address  string // of the starter
	Vendor   *idwisetest.Vendor
	Register *governmenttest.Register
	Customer *notifytest.Endpoint
}

func build(t *testing.T, dir string) string {
	t.Helper()
	binary := filepath.Join(dir, "idjourney")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/idjourney")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the binary: %v\n%s", err, out)
	}
	return binary
}

// newHouse prepares everything and starts neither starter nor worker.
func newHouse(t *testing.T, queue string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	h.binary = build(t, h.dir)
	h.address = free(t)
	h.Vendor = idwisetest.New(idwisetest.Config{
		Accounts: []idwisetest.Account{{
			Key: "key", Secret: "api-secret", BasicUser: "idwise", BasicPassword: "webhook-password",
			WebhookURL: "http://" + h.address + "/webhooks/idwise/acme",
		}},
		Scale: 0.004,
	})
	t.Cleanup(h.Vendor.Close)
	h.Register = governmenttest.New("government-token")
	customer, err := notifytest.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	h.Customer = customer
	config := fmt.Sprintf(houseConfig, h.address, free(t), filepath.Join(h.dir, "ledger.db"), queue,
		serve(t, h.Vendor), serve(t, h.Register), serve(t, h.Customer))
	if err := os.WriteFile(filepath.Join(h.dir, "idjourney.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	h.env = append(os.Environ(),
		"IDJOURNEY_CONFIG="+filepath.Join(h.dir, "idjourney.yaml"), "IDJOURNEY_REFERENCE_KEY=0123456789abcdef0123456789abcdef",
		"TEMPORAL_ADDRESS="+server.HostPort(), "TEMPORAL_NAMESPACE="+server.Namespace(),
		"ACME_KEY=key", "ACME_SECRET=api-secret", "ACME_WEBHOOK=webhook-password", "ACME_GOVERNMENT=government-token", "ACME_CORE="+secret)
	return h
}

// houseConfig has short time-outs, so that what a killed process leaves behind is
// taken up again within the test's time.
const houseConfig = `
listen: {public: %q, admin: %q}
ledger: {url: "sqlite:%s"}
task_queue: %s
policy: {ask_again: [200ms, 500ms, 1s, 2s, 5s], user_steps_within: 5s, result_within: 5s, review_look: 5s, unknown_after: 5s}
activities:
  - {name: Fetch, start_to_close: 3s, retry: {initial: 100ms, maximum_interval: 1s}}
  - {name: CompleteCustomStep, start_to_close: 3s, retry: {initial: 100ms, maximum_interval: 1s}}
  - {name: Publish, start_to_close: 3s, retry: {initial: 100ms, maximum_interval: 1s}}
accounts:
  - name: acme
    environment: sandbox
    base_url: %s
    api_key: {secret_env: ACME_KEY}
    api_secret: {secret_env: ACME_SECRET}
    requests_per_second: 500
    webhook: {basic: [{user: idwise, password: {secret_env: ACME_WEBHOOK}}]}
    government: {url: %s, token: {secret_env: ACME_GOVERNMENT}}
    endpoints: [{name: core, url: %s, secrets: [{secret_env: ACME_CORE}]}]
    flows:
      - id: "flow-onboarding"
        name: onboarding
        custom_step: true
        steps:
          - {name: government_face, activity: CompareGovernmentFace, step_id: "30", patience: 60s, match_wait: 20s, match_poll: 100ms, start_to_close: 30s, heartbeat: 6s}
`

// serve serves a stand-in and returns its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// process is one running command of the binary.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	log *os.File
}

// start runs a command; it is killed when the test ends.
func (h *house) start(args ...string) *process {
	h.t.Helper()
	return h.startBinary(h.binary, args[0], args...)
}

// startBinary runs any program with the house's environment; name is its log's.
func (h *house) startBinary(binary, name string, args ...string) *process {
	h.t.Helper()
	log, err := os.CreateTemp(h.dir, name+"-*.log")
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = h.env, log, log
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	p := &process{t: h.t, cmd: cmd, log: log}
	h.t.Cleanup(p.kill)
	return p
}

// kill is SIGKILL: nothing in the process gets a chance to tidy up.
func (p *process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	if p.t.Failed() {
		if text, err := os.ReadFile(p.log.Name()); err == nil {
			p.t.Logf("%s\n%s", p.log.Name(), text[max(0, len(text)-4000):])
		}
	}
	_ = p.log.Close()
}

func (h *house) starter() *process {
	p := h.start("starter")
	h.awaitListening()
	return p
}

func (h *house) worker() *process { return h.start("worker", "--admin", free(h.t)) }

func (h *house) awaitListening() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", h.address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ctx.Done():
			h.t.Fatal("the starter does not listen")
		case <-time.After(20 * time.Millisecond):
		}
	}
}
