package alerts

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.temporal.io/sdk/client"

	"idjourney/dev/embed"
	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// Every metric that a rule or a panel names, and every label that it asks for, is in a
// scrape of a running starter, a running worker and Temporal's server. Some appear
// with the first fault, so there are faults.
func TestScrape(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	port, err := embed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	server, err := embed.Start(ctx, embed.Options{Dir: t.TempDir(), UIPort: embed.NoUI, MetricsPort: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	w := start(ctx, t, server)
	pages := []string{w.AdminURL, w.WorkerAdminURL, fmt.Sprintf("http://127.0.0.1:%d", port)}
	series := shown{"up": {model.JobLabel: true}} // Prometheus' own; what was shown once, exists
	until := func(absent func() []string) {
		t.Helper()
		for {
			for _, page := range pages {
				series.scrape(ctx, t, page+"/metrics")
			}
			names := absent()
			if len(names) == 0 {
				return
			}
			select {
			case <-ctx.Done():
				t.Fatalf("no process shows %s", strings.Join(names, "\n"))
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
	happen(ctx, t, w, server, func(metric string) {
		t.Helper()
		until(func() []string {
			if series[metric] == nil {
				return []string{metric}
			}
			return nil
		})
	})
	until(func() []string { return absentFrom(t, series) })
}

func absentFrom(t *testing.T, series shown) []string {
	t.Helper()
	var absent []string
	for _, e := range deployed(t) {
		found, err := e.missing(series)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			absent = append(absent, name+", which "+e.where+" reads")
		}
	}
	return absent
}

// start runs starter and worker as processes.
func start(ctx context.Context, t *testing.T, server *embed.Server) *world.World {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "idjourney")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/idjourney")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the binary: %v\n%s", err, out)
	}
	w, err := world.Start(ctx, world.Options{Dir: t.TempDir(), Server: server, Binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Stop() })
	if err := w.StartStarter(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.StartWorker(); err != nil {
		t.Fatal(err)
	}
	return w
}

// happen makes happen what is counted: deliveries fail and go through, journeys are
// decided and one is erased, a newer worker has started a journey, Temporal is away.
func happen(ctx context.Context, t *testing.T, w *world.World, server *embed.Server, await func(metric string)) {
	t.Helper()
	begin := func(script string) string {
		id, err := w.Vendor.Begin(idwisetest.StartRequest{Account: w.Keys.APIKey, Script: script, Reference: script})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	w.Customer.SetStatus(http.StatusServiceUnavailable)
	approved := begin("approve")
	begin("refer")
	await("temporal_activity_execution_failed_total")
	w.Customer.SetStatus(http.StatusOK)
	await("temporal_workflow_continue_as_new_total")
	erase(ctx, t, w, approved)
	future := journey.Start{Account: world.Account, JourneyID: "from-the-future", Rules: journey.Rules + 1}
	if _, err := w.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: journey.WorkflowID(world.Account, future.JourneyID), TaskQueue: w.Config.TaskQueue,
	}, journey.WorkflowName, future); err != nil {
		t.Fatal(err)
	}
	await("temporal_workflow_task_execution_failed_total")
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	begin("approve")
	await("temporal_request_failure_total")
	if err := server.Resume(ctx); err != nil {
		t.Fatal(err)
	}
}

func erase(ctx context.Context, t *testing.T, w *world.World, id string) {
	t.Helper()
	handle, err := w.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: journey.WorkflowID(world.Account, id), UpdateName: journey.UpdateErase,
		Args:         []any{journey.Act{Kind: journey.UpdateErase, Actor: "privacy", Reason: "the user asked for it"}},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		t.Fatalf("asking for an erasure: %v", err)
	}
}

// scrape takes in a page in Prometheus' text format. Prometheus adds two labels. A
// server that does not answer shows nothing: Temporal's is stopped for a while.
func (s shown) scrape(ctx context.Context, t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s: %v", url, resp.Status, err)
	}
	for line := range strings.Lines(string(text)) {
		cut := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || cut < 0 {
			continue
		}
		series, err := parser.ParseMetric(line[:cut])
		if err != nil {
			t.Fatal(err)
		}
		name := series.Get(model.MetricNameLabel)
		if s[name] == nil {
			s[name] = map[string]bool{model.JobLabel: true, model.InstanceLabel: true}
		}
		series.Range(func(l labels.Label) { s[name][l.Name] = true })
	}
}
