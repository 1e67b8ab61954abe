//go:build containers

package compose_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/app"
	"idjourney/config"
	"idjourney/dev/demo"
	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/notify/notifytest"
)

// The services that run; the other two are jobs.
var running = []string{"postgresql", "temporal", "temporal-ui", "starter", "worker"}

// TestContainers runs docker-compose.yml as it is: the demo's scenarios, a stop and a
// start, the death of each container, an upgrade and a roll-back. IDWise, register and
// customer are in this process.
func TestContainers(t *testing.T) {
	c := newContainers(t)
	c.run("sh", "deploy/env.sh")
	s := around(t, c)
	c.up()

	var out strings.Builder
	report := demo.Play(t.Context(), s, &out, false, 0)
	_ = report.Table(&out) // into memory
	t.Logf("the scenarios:\n%s", &out)
	for _, r := range report.Scenarios {
		if !r.OK {
			t.Errorf("%s ended with %s, want %s: %s", r.Name, r.Got, r.Expected, r.Problem)
		}
	}
	if t.Failed() {
		return
	}
	for _, service := range running {
		c.goesOn(s, "while "+service+" dies", func() { c.crash(service) })
	}
	c.lasts(s, report)
	c.upgrades(s)
	c.leastPrivilege(s)
	c.observability()
	c.noLeak(s)
}

// around starts the world around the containers: their Temporal, and the product with
// the world's configuration in the place of the mounted file.
func around(t *testing.T, c *containers) *world.World {
	t.Helper()
	c.set(map[string]string{"COMPOSE_PROFILES": "", "COMPOSE_FILE": "docker-compose.yml:world.yml"})
	c.override(network)
	c.compose("up", "-d", "--wait", "temporal-ui")
	c.compose("run", "--rm", "setup")
	env := readEnv(t, filepath.Join(c.dir, ".env"))
	s, err := world.Start(t.Context(), world.Options{
		Dir: t.TempDir(), TemporalAddress: "127.0.0.1:7233", UIURL: "http://127.0.0.1:8233", Binary: "in containers",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	c.configure(s)

	// The world has chosen ports of its own for what the file publishes.
	for address, port := range map[string]string{s.PublicURL: "8080", s.APIURL: "8081", s.AdminURL: "9090"} {
		forward(t, strings.TrimPrefix(address, "http://"), func() string { return "127.0.0.1:" + port })
	}
	// What listens here on the loopback interface is reached by the containers at the
	// network's gateway.
	for _, address := range []string{s.VendorURL, s.CustomerURL, s.Config.Accounts[0].Government.URL} {
		host, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
		_, port, _ := net.SplitHostPort(host)
		forward(t, net.JoinHostPort(gateway, port), func() string { return host })
	}
	database := forward(t, "127.0.0.1:0", func() string { return address("postgresql", 5432) })
	s.Config.Ledger.URL = config.NewLedgerURL("postgres://idjourney:" + env["IDJOURNEY_DB_PASSWORD"] + "@" + database + "/idjourney?sslmode=disable")
	if s.Ledger, err = app.OpenLedger(t.Context(), s.Config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Ledger.Close() })
	return s
}

// The world listens on this machine, which is the gateway of the containers' network: its
// address has to outlast a down and up.
const (
	gateway = "172.31.213.1"
	network = "networks: { default: { ipam: { config: [{ subnet: 172.31.213.0/24, gateway: " + gateway + " }] } } }\n"
)

// override is what the test adds to docker-compose.yml.
func (c *containers) override(text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, "world.yml"), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// configure writes the world's configuration as the containers have to see it, and the
// secrets that it names.
func (c *containers) configure(s *world.World) {
	c.t.Helper()
	text, err := os.ReadFile(s.ConfigFile)
	if err != nil {
		c.t.Fatal(err)
	}
	listen := func(url string) string { return `"` + strings.TrimPrefix(url, "http://") + `"` }
	seen := strings.NewReplacer(
		"public: "+listen(s.PublicURL), `public: ":8080"`, "api: "+listen(s.APIURL), `api: ":8081"`,
		"admin: "+listen(s.AdminURL), "admin: \":9090\"\n  admin_hosts: [starter, worker]",
		`allow_ips: ["127.0.0.1"`, `allow_ips: ["`+gateway+`"`,
		"http://127.0.0.1:", "http://"+gateway+":",
	).Replace(string(text))
	file := filepath.Join(c.dir, "world.yaml")
	if err := os.WriteFile(file, []byte(seen), 0o644); err != nil {
		c.t.Fatal(err)
	}
	k := s.Keys
	override := network + "services:\n"
	for _, service := range []string{"starter", "worker"} {
		// The world has made itself a namespace at a Temporal that is not its own.
		override += "  " + service + ":\n    environment:\n      TEMPORAL_NAMESPACE: " + s.Namespace + "\n"
		for name, value := range map[string]string{
			"DEMO_BACKOFFICE_TOKEN": k.BackofficeToken, "DEMO_API_KEY": k.APIKey, "DEMO_API_SECRET": k.APISecret,
			"DEMO_WEBHOOK_PASSWORD": k.WebhookPassword, "DEMO_WEBHOOK_PASSWORD_NEXT": k.WebhookPasswordNext,
			"DEMO_GOVERNMENT_TOKEN": k.GovernmentToken, "DEMO_CORE_SECRET": k.CoreSecret,
			"DOWN_API_KEY": k.DownAPIKey, "DOWN_API_SECRET": k.DownAPISecret, "DOWN_WEBHOOK_TOKEN": k.DownWebhookToken,
			"DOWN_WEBHOOK_KEY": k.DownWebhookKey, "DOWN_GOVERNMENT_TOKEN": k.DownGovernmentToken,
		} {
			override += fmt.Sprintf("      %s: %q\n", name, value)
		}
	}
	c.override(override)
	c.set(map[string]string{"IDJOURNEY_CONFIG_FILE": file, "IDJOURNEY_REFERENCE_KEY": k.ReferenceKey})
}

// forward hands connections over until the test's end, and returns where it listens.
func forward(t *testing.T, from string, to func() string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = in.Close() }()
				out, err := net.DialTimeout("tcp", to(), 5*time.Second)
				if err != nil {
					return
				}
				defer func() { _ = out.Close() }()
				go func() { _, _ = io.Copy(out, in); _ = out.(*net.TCPConn).CloseWrite() }()
				_, _ = io.Copy(in, out)
			}()
		}
	}()
	return l.Addr().String()
}

// goesOn begins journeys, does something to the containers while they are under way,
// and waits until every one is decided once, and a sanctions hit on an older one is.
func (c *containers) goesOn(s *world.World, when string, meanwhile func()) {
	c.t.Helper()
	began := time.Now()
	old := c.begin(s, "approve", when)
	c.decided(s, old, "1 approved")
	want := map[string]string{}
	for range 3 {
		want[c.begin(s, "approve", when)] = "1 approved"
		want[c.begin(s, "face-mismatch", when)] = "1 rejected"
	}
	meanwhile()
	if err := s.Vendor.AMLMatch(old); err != nil {
		c.t.Fatal(err)
	}
	want[old] = "2 on_hold"
	for id, decision := range want {
		c.decided(s, id, decision)
	}
	for id := range want {
		ids := map[string]bool{}
		for _, m := range s.Customer.Journey(id) {
			if d := m.Data.Decision; d != nil {
				ids[d.ID] = true
			}
		}
		if decisions, err := s.Ledger.Decisions(c.t.Context(), world.Account, id); err != nil || len(decisions) != len(ids) {
			c.t.Errorf("%s: the customer has %d decisions, the ledger %d (%v)", when, len(ids), len(decisions), err)
		}
	}
	c.t.Logf("%s: %d journeys went on, in %v", when, len(want), time.Since(began).Round(time.Second))
}

func (c *containers) begin(s *world.World, script, reference string) string {
	c.t.Helper()
	id, err := s.Vendor.Begin(idwisetest.StartRequest{Account: s.Keys.APIKey, Script: script, Reference: reference})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// decided waits for a decision, its number and outcome.
func (c *containers) decided(s *world.World, id, want string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 3*time.Minute)
	defer cancel()
	_, err := s.Customer.Await(ctx, func([]notifytest.Message) bool {
		return slices.ContainsFunc(s.Customer.Journey(id), func(m notifytest.Message) bool {
			d := m.Data.Decision
			return d != nil && fmt.Sprint(d.Sequence, " ", d.Outcome) == want
		})
	})
	if err != nil {
		c.t.Fatalf("journey %s was not decided %s: %v", id, want, err)
	}
}

// lasts takes all containers down and brings them up again: nothing is lost.
func (c *containers) lasts(s *world.World, report demo.Report) {
	c.t.Helper()
	before := c.seen(s, report)
	c.compose("down")
	if left := strings.TrimSpace(c.compose("ps", "--all", "--quiet")); left != "" {
		c.t.Fatalf("after down there is still %s", left)
	}
	c.up()
	c.until("the ledger is reached again", func() error {
		_, _, err := s.Ledger.PendingWebhooks(c.t.Context())
		return err
	})
	if diff := cmp.Diff(before, c.seen(s, report)); diff != "" {
		c.t.Errorf("after down and up (-before +after):\n%s", diff)
	}
	c.goesOn(s, "after down and up", func() {})
}

// seen is what ledger and Temporal have of every journey of the report.
func (c *containers) seen(s *world.World, report demo.Report) map[string][]string {
	c.t.Helper()
	all := map[string][]string{}
	for _, r := range report.Scenarios {
		if r.JourneyID == "" {
			continue
		}
		account := world.Account
		if r.Name == "government-down" {
			account = world.AccountDown
		}
		d, err := s.Client.DescribeWorkflowExecution(c.t.Context(), journey.WorkflowID(account, r.JourneyID), "")
		if err != nil {
			c.t.Fatalf("%s: %v", r.Name, err)
		}
		info := d.GetWorkflowExecutionInfo()
		all[r.Name] = []string{info.GetFirstRunId(), string(info.GetSearchAttributes().GetIndexedFields()["JourneyPhase"].GetData())}
		decisions, err := s.Ledger.Decisions(c.t.Context(), account, r.JourneyID)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, d := range decisions {
			all[r.Name] = append(all[r.Name], fmt.Sprint(d.Sequence, " ", d.Outcome, " ", d.ID))
		}
	}
	return all
}

// upgrades goes to the previous commit's image, to this one's, and back, with journeys
// under way.
func (c *containers) upgrades(s *world.World) {
	c.t.Helper()
	for _, step := range []string{"previous", "dev", "previous"} {
		c.goesOn(s, "while the product is replaced by "+step, func() {
			c.set(map[string]string{"IDJOURNEY_VERSION": step})
			c.up()
		})
		for _, service := range []string{"starter", "worker"} {
			if image := c.inspect(service, "{{.Config.Image}}"); image != "idjourney:"+step {
				c.t.Errorf("%s runs %s, want %s", service, image, step)
			}
		}
	}
	c.set(map[string]string{"IDJOURNEY_VERSION": "dev"})
	c.up()
}

// leastPrivilege gives starter and worker a role that may only read and write rows, as
// deploy/postgres/app-role.sql makes it; the owner goes on running the migrations.
func (c *containers) leastPrivilege(s *world.World) {
	c.t.Helper()
	grants, err := os.ReadFile(filepath.Join(c.dir, "deploy/postgres/app-role.sql"))
	if err != nil {
		c.t.Fatal(err)
	}
	psql := []string{"exec", "-T", "postgresql", "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--set=app=idjourney_app", "--username=postgres", "idjourney"}
	c.compose(append(psql, "--command=CREATE ROLE idjourney_app LOGIN PASSWORD 'of-the-app'")...)
	c.compose(append(psql, "--command=GRANT CONNECT ON DATABASE idjourney TO idjourney_app")...)
	cmd := exec.CommandContext(c.t.Context(), "docker", append([]string{"compose"}, psql...)...)
	cmd.Dir, cmd.Stdin = c.dir, strings.NewReader("SET ROLE idjourney;\n"+string(grants))
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("granting: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "world.yml"))
	if err != nil {
		c.t.Fatal(err)
	}
	const url = "      IDJOURNEY_LEDGER_URL: postgres://idjourney_app:of-the-app@postgresql:5432/idjourney?sslmode=disable\n"
	c.override(strings.ReplaceAll(string(text), "    environment:\n", "    environment:\n"+url))
	c.up()
	c.goesOn(s, "with a role that may only read and write rows", func() {})
}

// noLeak searches what the containers have printed.
func (c *containers) noLeak(s *world.World) {
	c.t.Helper()
	logs := c.compose("logs", "--no-color")
	if !strings.Contains(logs, "starter") {
		c.t.Error("there are no logs to search")
	}
	for _, j := range s.Vendor.Journeys() {
		for _, text := range []string{j.Applicant.FullName, j.Applicant.PersonalNumber} {
			if text != "" && strings.Contains(logs, text) {
				c.t.Errorf("a log holds personal data of journey %s", j.JourneyID)
			}
		}
	}
}

func readEnv(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(errors.Join(errors.New("there is no .env"), err))
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			env[name] = value
		}
	}
	return env
}
