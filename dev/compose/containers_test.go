//go:build containers

package compose_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"idjourney/dev/compose"
)

// containers is a copy of the repository whose docker-compose.yml is run as it is.
type containers struct {
	t   *testing.T
	dir string
}

// newContainers copies the repository's files, without what was built and without .env.
func newContainers(t *testing.T) *containers {
	t.Helper()
	c := &containers{t: t, dir: t.TempDir()}
	c.run("sh", "-c", "cd "+root+" && git ls-files -z -co --exclude-standard | xargs -0 cp --parents -t "+c.dir)
	t.Cleanup(func() {
		if t.Failed() {
			c.show()
		}
		c.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
	})
	return c
}

// root is the repository, from the test's folder.
var root = func() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// run runs a command in the copy and returns what it prints.
func (c *containers) run(name string, args ...string) string {
	c.t.Helper()
	// What the test's own environment says of compose is not the user's.
	cmd := exec.CommandContext(context.WithoutCancel(c.t.Context()), name, args...)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (c *containers) compose(args ...string) string {
	c.t.Helper()
	return c.run("docker", append([]string{"compose"}, args...)...)
}

// up is the documented command.
func (c *containers) up() {
	c.t.Helper()
	began := time.Now()
	c.compose("up", "-d", "--wait")
	c.t.Logf("docker compose up -d --wait took %v", time.Since(began).Round(time.Second))
}

// set appends to .env; the last of several lines counts.
func (c *containers) set(variables map[string]string) {
	c.t.Helper()
	file, err := os.OpenFile(filepath.Join(c.dir, ".env"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for name, value := range variables {
		if _, err := fmt.Fprintf(file, "%s='%s'\n", name, value); err != nil {
			c.t.Fatal(err)
		}
	}
}

// inspect returns what the engine says of a service's container, as a Go template asks.
func (c *containers) inspect(service, template string) string {
	c.t.Helper()
	return strings.TrimSpace(c.run("docker", "inspect", "--format", template, "idjourney-"+service+"-1"))
}

// address is where a service's port is reached from this machine, published or not; ""
// while there is no container.
func address(service string, port int) string {
	out, err := exec.Command("docker", "inspect", "--format",
		"{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", "idjourney-"+service+"-1").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out)) + ":" + strconv.Itoa(port)
}

// crash kills a service's process as the kernel would. The engine has to start it
// again by itself: nothing else does.
func (c *containers) crash(service string) {
	c.t.Helper()
	pid, err := strconv.Atoi(c.inspect(service, "{{.State.Pid}}"))
	if err != nil || pid <= 1 {
		c.t.Fatalf("%s has no process: %v", service, err)
	}
	restarts := c.inspect(service, "{{.RestartCount}}")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	c.until(service+" is healthy again", func() error {
		state := c.inspect(service, "{{.RestartCount}} {{.State.Health.Status}}")
		if count, health, _ := strings.Cut(state, " "); count == restarts || health != "healthy" {
			return fmt.Errorf("restarts and health: %s", state)
		}
		return nil
	})
}

// until repeats a question to the engine or to a container until it is answered as
// hoped.
func (c *containers) until(what string, ask func() error) {
	c.t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatalf("waiting until %s: %v", what, err)
		}
	}
}

// show prints the end of every container's log.
func (c *containers) show() {
	c.t.Logf("%s\n%s", c.compose("--profile", "*", "ps", "--all"), c.compose("--profile", "*", "logs", "--tail", "40"))
}

func get(ctx context.Context, url string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// imageIsThere says whether a service's image is on this machine.
func imageIsThere(t *testing.T, service string) bool {
	t.Helper()
	env, err := compose.NewEnv(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	project, err := compose.Load(t.Context(), root, env, compose.AllProfiles)
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), "docker", "image", "inspect", project.Services[service].Image).Run() == nil
}

// targets are what Prometheus scrapes, by job, and their health.
func targets(ctx context.Context) (map[string]string, error) {
	var answer struct {
		Data struct {
			Active []struct {
				Labels map[string]string `json:"labels"`
				Health string            `json:"health"`
			} `json:"activeTargets"`
		} `json:"data"`
	}
	if err := get(ctx, "http://127.0.0.1:9099/api/v1/targets", &answer); err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, target := range answer.Data.Active {
		found[target.Labels["job"]] = target.Health
	}
	return found, nil
}

// The profile observability, as far as its images are on this machine: Prometheus
// reaches the product and Temporal, and has read the alert rules.
func (c *containers) observability() {
	c.t.Helper()
	services := []string{"prometheus"}
	jobs := []string{"idjourney-starter", "idjourney-worker", "temporal"}
	for _, service := range []string{"jaeger", "otel-collector", "grafana"} {
		if imageIsThere(c.t, service) {
			services = append(services, service)
			continue
		}
		c.t.Logf("left out: there is no image for %s on this machine", service)
	}
	if slices.Contains(services, "otel-collector") && slices.Contains(services, "jaeger") {
		jobs = append(jobs, "otel-collector")
	}
	c.compose(append([]string{"--profile", "observability", "up", "-d", "--wait"}, services...)...)
	c.until("Prometheus reaches "+strings.Join(jobs, ", "), func() error {
		found, err := targets(c.t.Context())
		if err != nil {
			return err
		}
		for _, job := range jobs {
			if found[job] != "up" {
				return fmt.Errorf("%s is %q", job, found[job])
			}
		}
		return nil
	})
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct {
					Health string `json:"health"`
				} `json:"rules"`
			} `json:"groups"`
		} `json:"data"`
	}
	if err := get(c.t.Context(), "http://127.0.0.1:9099/api/v1/rules", &rules); err != nil || len(rules.Data.Groups) == 0 {
		c.t.Errorf("Prometheus has %d groups of rules: %v", len(rules.Data.Groups), err)
	}
	c.compose(append([]string{"--profile", "observability", "rm", "--force", "--stop"}, services...)...)
}
