package record

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"idjourney/dev/alerts"
)

// process is one running command of the binary.
type process struct {
	alerts.Target
	admin string // host and port of its admin listener
	cmd   *exec.Cmd
	log   *os.File
}

func (w *world) run(ctx context.Context, name, admin string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(w.dir, name+".log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, w.binary, append([]string{name}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = w.env, log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the %s: %w", name, err)
	}
	p := &process{Target: alerts.Target{Job: "idjourney-" + name, Instance: name}, admin: admin, cmd: cmd, log: log}
	return p, p.awaitReady(ctx)
}

// awaitReady returns when the process says that it works.
func (p *process) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if _, err := p.get(ctx, "/readyz"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s, whose log is %s: %w", p.Job, p.log.Name(), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop is what an orchestrator does: SIGTERM.
func (p *process) stop() {
	if p == nil || p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // its status says nothing that the scrapes do not
	_ = p.log.Close()
}

// scrape is one scrape as Prometheus makes it.
func (p *process) scrape(ctx context.Context) alerts.Page {
	ctx, cancel := context.WithTimeout(ctx, 900*time.Millisecond)
	defer cancel()
	text, err := p.get(ctx, "/metrics")
	return alerts.Page{Target: p.Target, Down: err != nil, Text: text}
}

// scrapeTemporal is a scrape of Temporal's server, which shows nothing while it is
// paused. Of its many thousand series only the queues' are of interest.
func (w *world) scrapeTemporal(ctx context.Context) alerts.Page {
	page := alerts.Page{Target: alerts.Target{Job: "temporal", Instance: "temporal"}, Down: w.paused}
	if w.paused {
		return page
	}
	ctx, cancel := context.WithTimeout(ctx, 900*time.Millisecond)
	defer cancel()
	text, err := get(ctx, w.metrics, "/metrics")
	page.Down = err != nil
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "approximate_") && !strings.Contains(line, `taskqueue="temporal_sys_`) { // its own housekeeping
			kept.WriteString(line)
		}
	}
	page.Text = kept.String()
	return page
}

func (p *process) get(ctx context.Context, path string) (string, error) {
	return get(ctx, p.admin, path)
}

func get(ctx context.Context, address, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return string(text), err
}

// free finds a port that nobody listens on.
func free(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
