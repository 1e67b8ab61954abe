package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

func TestExampleLoads(t *testing.T) {
	t.Parallel()
	c, err := Load("example.yaml", baseEnviron())
	if err != nil {
		t.Fatal(err)
	}
	a, ok := c.Account("acme-sandbox")
	if !ok {
		t.Fatal("the example's account is not found")
	}
	if got, want := a.BaseURL, "https://api.idwise.com"; got != want {
		t.Errorf("BaseURL = %q, want %q", got, want)
	}
	if got, want := a.APIKey.Reveal(), "key-"+secretMarker; got != want {
		t.Errorf("APIKey = %q, want %q", got, want)
	}
	if got, want := a.Webhook.Basic[0].Password.Reveal(), "password:"+secretMarker; got != want {
		t.Errorf("password = %q, want %q", got, want)
	}
	for _, warning := range c.Warnings() { // only what a new user has to change
		if !strings.Contains(warning, "the example's") {
			t.Errorf("warns: %s", warning)
		}
	}
	if _, ok := c.Account("other"); ok {
		t.Error("an account that is not configured is found")
	}
}

// commentedKey is a line of YAML behind a #, as opposed to prose.
var commentedKey = regexp.MustCompile(`^( *)# ( *(?:- \{|(?:- )?[a-z_]+:(?: |$)).*)`)

// uncommented is the example with all that it offers.
func uncommented(t *testing.T) string {
	t.Helper()
	var lines []string
	for line := range strings.SplitSeq(exampleText(t), "\n") {
		if m := commentedKey.FindStringSubmatch(line); m != nil && !strings.Contains(line, "postgres:") {
			line = m[1] + m[2]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func uncommentedEnviron() []string {
	return append(baseEnviron(), "IDWISE_WEBHOOK_TOKEN=token-"+secretMarker, "IDWISE_WEBHOOK_HEADER=header-"+secretMarker,
		"BACKOFFICE_TOKEN=api-"+secretMarker+"-0123456789-0123456789", "RISK_TOKEN=risk-"+secretMarker)
}

// The lines that are commented out in the example work when they are uncommented.
func TestExampleUncommented(t *testing.T) {
	t.Parallel()
	c := mustRead(t, uncommented(t), uncommentedEnviron())
	if token := c.API.Tokens[0]; token.Name != "backoffice" || len(token.Scopes) != 2 || c.Listen.API != ":8081" {
		t.Errorf("api = %+v at %s", c.API, c.Listen.API)
	}
	if p := c.Accounts[0].Flows[0].Policy; p.Calendar != "office" || p.Review.Ladder.Finally != journey.OutcomeOnHold {
		t.Errorf("policy = %+v, want the calendar and the end that are declared", p)
	}
	w := c.Accounts[0].Webhook
	if len(w.Bearer) != 1 || len(w.Headers) != 1 || len(w.AllowIPs) != 1 {
		t.Errorf("webhook = %+v, want bearer, header and address", w)
	}
	options, ok := c.StepOptions("acme-sandbox", "credit_check")
	if !ok || options.Name != "CheckCredit" || options.ScheduleToClose != 2*time.Hour || options.Heartbeat != 0 {
		t.Errorf("StepOptions = %+v, %v", options, ok)
	}
	if options, ok = c.StepOptions("acme-sandbox", "risk_score"); !ok || options.Name != ActivityCallStep || options.ScheduleToClose != time.Hour {
		t.Errorf("StepOptions = %+v, %v", options, ok)
	}
}

// What the example shows as defaults, commented out, are the defaults.
func TestExampleShowsTheDefaults(t *testing.T) {
	t.Parallel()
	want := defaultPolicy()
	want.Calendar, want.Review.Ladder.FinallyAt, want.Review.Ladder.Finally = "office", 240*time.Hour, journey.OutcomeOnHold
	if diff := cmp.Diff(want, mustRead(t, uncommented(t), uncommentedEnviron()).Policy); diff != "" {
		t.Errorf("policy (-defaults +example):\n%s", diff)
	}
}

func TestEnvironmentOverridesFile(t *testing.T) {
	t.Parallel()
	environ := append(baseEnviron(),
		"IDJOURNEY_LISTEN_PUBLIC=:18080",
		"IDJOURNEY_LEDGER_URL=postgres://idjourney:"+secretMarker+"@db/idjourney?sslmode=disable",
		"IDJOURNEY_POLICY_ASK_AGAIN=1s, 2s",
		"IDJOURNEY_POLICY_UNKNOWN_AFTER=7s",
		"IDJOURNEY_INTAKE_TRUSTED_PROXIES=10.0.0.1,10.1.2.3/16",
		"IDJOURNEY_INTAKE_MAX_BODY=2048",
		"IDJOURNEY_TASK_QUEUE=",
		"IDJOURNEY_WORKER_POLLERS_MAXIMUM=7",
	)
	c := mustRead(t, exampleText(t), environ)
	if got, want := c.Listen.Public, ":18080"; got != want {
		t.Errorf("listen.public = %q, want %q", got, want)
	}
	if got, want := c.Ledger.URL.Reveal(), "postgres://idjourney:"+secretMarker+"@db/idjourney?sslmode=disable"; got != want {
		t.Errorf("ledger.url = %q, want %q", got, want)
	}
	if got, want := c.Ledger.URL.String(), "postgres://idjourney@db/idjourney?sslmode=disable"; got != want {
		t.Errorf("ledger.url prints %q, want %q", got, want)
	}
	if diff := cmp.Diff([]time.Duration{time.Second, 2 * time.Second}, c.Policy.AskAgain); diff != "" {
		t.Errorf("policy.ask_again (-want +got):\n%s", diff)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.1.0.0/16")}
	if got := c.Intake.TrustedProxies; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("intake.trusted_proxies = %v, want %v", got, want)
	}
	if c.Intake.MaxBody != 2048 || c.Worker.Pollers.Maximum != 7 || c.Policy.UnknownAfter != 7*time.Second {
		t.Errorf("max_body %d, pollers %d, unknown_after %s", c.Intake.MaxBody, c.Worker.Pollers.Maximum, c.Policy.UnknownAfter)
	}
	if got, want := c.TaskQueue, "idjourney"; got != want {
		t.Errorf("task_queue = %q, want the default %q: an empty variable says nothing", got, want)
	}
}

// Two keys must never share a variable, and each must reach its key though the
// file does not mention it.
func TestEnvironmentNamesAreUnambiguous(t *testing.T) {
	t.Parallel()
	keys := envKeys()
	seen := map[string]bool{}
	for _, key := range keys {
		seen[key] = true
	}
	if len(seen) != len(keys) || len(keys) < 30 {
		t.Errorf("%d variables for %d keys", len(keys), len(seen))
	}
	for name, want := range map[string]string{
		"IDJOURNEY_LEDGER_URL": "ledger.url", "IDJOURNEY_LISTEN_ADMIN": "listen.admin",
		"IDJOURNEY_REFERENCE_KEY": "reference_key", "IDJOURNEY_REFERENCE_KEY_FILE": "reference_key_file",
	} {
		if got := keys[name]; got != want {
			t.Errorf("%s sets %q, want %q", name, got, want)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := file("key", "a key with spaces \n")
	text := changed(t, "{ secret_env: IDWISE_API_KEY }", "{ secret_file: "+key+" }")
	environ := append(without(without(baseEnviron(), "IDWISE_API_KEY"), "IDJOURNEY_REFERENCE_KEY"),
		"IDJOURNEY_REFERENCE_KEY_FILE="+file("reference", strings.Repeat("r", 32)+"\r\n"),
		"IDJOURNEY_LEDGER_URL_FILE="+file("ledger", "postgres://u:p@db/x\n"))
	wantFault(t, text, environ, "ledger has both url and url_file")
	c := mustRead(t, strings.Replace(text, "url: sqlite:idjourney.db", "", 1), environ)
	if got, want := c.Accounts[0].APIKey.Reveal(), "a key with spaces "; got != want {
		t.Errorf("api_key = %q, want %q", got, want)
	}
	if got, want := len(c.ReferenceKey.Reveal()), 32; got != want {
		t.Errorf("reference key has %d bytes, want %d", got, want)
	}
	if got, want := c.Ledger.URL.Reveal(), "postgres://u:p@db/x"; got != want {
		t.Errorf("ledger.url = %q, want %q", got, want)
	}
	wantFault(t, changed(t, "{ secret_env: IDWISE_API_KEY }", "{ secret_file: "+dir+"/none }"), baseEnviron(), "api_key.secret_file cannot be read")
	wantFault(t, changed(t, "{ secret_env: IDWISE_API_KEY }", "{ secret_file: "+file("empty", "\n")+" }"), baseEnviron(), "names an empty file")
	wantFault(t, changed(t, "{ secret_env: IDWISE_API_KEY }", "{ secret_file: "+file("two", "a\nb\n")+" }"), baseEnviron(), "line break")
}

func TestLoadWithoutFile(t *testing.T) {
	t.Parallel()
	if _, err := Load("", nil); err == nil || !strings.Contains(err.Error(), "IDJOURNEY_CONFIG") {
		t.Errorf("Load without a path: %v, want a sentence that names IDJOURNEY_CONFIG", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil {
		t.Error("Load of a file that is not there succeeded")
	}
}
