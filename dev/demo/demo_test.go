package demo

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"idjourney/dev/embed"
	"idjourney/dev/history"
	"idjourney/dev/world"
)

// start brings a stack up on free ports; what it logs is shown if the test fails.
func start(t *testing.T, o world.Options) *world.World {
	t.Helper()
	o.Dir = t.TempDir()
	if o.Ports.UI == 0 {
		o.Ports.UI = embed.NoUI
	}
	log, err := os.Create(filepath.Join(o.Dir, "idjourney.log"))
	if err != nil {
		t.Fatal(err)
	}
	o.Logger = slog.New(slog.NewTextHandler(log, nil))
	s, err := world.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		_ = log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("the log:\n%s", text)
		}
	})
	return s
}

// playAll plays everything and shows the table.
func playAll(t *testing.T, s *world.World, started time.Duration) Report {
	t.Helper()
	var out strings.Builder
	report := Play(t.Context(), s, &out, false, started)
	if err := report.Table(&out); err != nil {
		t.Error(err)
	}
	t.Log("\n" + out.String())
	return report
}

// The whole demo, as `make demo EXIT=1 REPORT=file` runs it.
func TestDemo(t *testing.T) {
	began := time.Now()
	s := start(t, world.Options{})
	started := time.Since(began)
	report := playAll(t, s, started)

	endings(t, report)
	for _, c := range report.Checks {
		if !c.OK {
			t.Errorf("%s: %s", c.Name, c.Problem)
		}
	}
	if !report.OK {
		t.Error("the report is not OK")
	}
	if started > 10*time.Second || report.Seconds > within.Seconds() {
		t.Errorf("up after %v, played in %.1f s; want at most 10 s and %v", started, report.Seconds, within)
	}
	noTaskFailed(t, s)
	savesItself(t, report)
	costsAreTrue(t, report)
	down := slices.IndexFunc(report.Scenarios, func(r Result) bool { return r.Name == "government-down" })
	farewellWorks(t, s, report.Scenarios[down].JourneyID)
}

// endings checks each scenario, and that there are these and no others.
func endings(t *testing.T, report Report) {
	t.Helper()
	want := map[string]string{
		"approved": "approved", "face-mismatch": "rejected", "referred-approved": "approved",
		"government-down": "awaiting_review", "duplicated-reordered": "approved",
		"aml-change": "approved, on_hold", "unknown-journey": "unknown", "temporal-away": "approved",
		"resubmitted": "approved", "renewed": "approved, approved", "renewal-missed": "approved, on_hold",
		"aml-gap": "approved, on_hold", "spot-check-failed": "approved", "adopted": "approved",
		"operator-overrides": "rejected, approved", "ended": "approved, ended",
	}
	got := map[string]string{}
	for _, sc := range report.Scenarios {
		got[sc.Name] = sc.Got
		if !sc.OK || sc.Problem != "" {
			t.Errorf("%s: %s", sc.Name, sc.Problem)
		}
		if sc.JourneyID == "" || sc.Actions == 0 || sc.HistoryEvents == 0 || sc.HistoryBytes == 0 || sc.Seconds == 0 {
			t.Errorf("%s: the report leaves out what it cost: %+v", sc.Name, sc)
		}
		if sc.Name == "approved" && sc.Actions > maxHappyActions {
			t.Errorf("approved cost %d Actions, at most %d are allowed: %v", sc.Actions, maxHappyActions, sc.ActionsByKind)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("endings (-want +got):\n%s", diff)
	}
}

// savesItself checks the report's outside names, which tools read.
func savesItself(t *testing.T, report Report) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "r.json")
	if err := report.Save(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ Scenarios []map[string]any }
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if got, want := len(read.Scenarios), len(scenarios()); got != want {
		t.Fatalf("got %d scenarios, want %d", got, want)
	}
	for _, key := range []string{"name", "journeyId", "expected", "got", "ok", "decisions", "seconds", "actions", "historyEvents", "historyBytes"} {
		if _, ok := read.Scenarios[0][key]; !ok {
			t.Errorf("the report's scenarios have no %q", key)
		}
	}
}

// noTaskFailed looks at every run of every workflow on the server.
func noTaskFailed(t *testing.T, s *world.World) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	answer, err := s.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	if got, least := len(answer.GetExecutions()), 10; got < least {
		t.Fatalf("the server lists %d runs, want at least %d", got, least)
	}
	for _, e := range answer.GetExecutions() {
		events, err := history.Events(ctx, s.Client, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range events {
			if event.GetEventType() != enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				continue
			}
			a := event.GetWorkflowTaskFailedEventAttributes()
			if a.GetCause() != enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND {
				t.Errorf("%s: a workflow task failed: %s: %s", e.GetExecution().GetWorkflowId(), a.GetCause(), a.GetFailure().GetMessage())
			}
		}
	}
}

// The same against a Temporal that is not the demo's own: it is not stopped, and nothing
// is left behind in it. And, since only one register is out of order here, what telemetry
// shows.
func TestDemoOnAnOutsideTemporal(t *testing.T) {
	t.Setenv("TEMPORAL_NAMESPACE", "default") // as in a shell that works with that Temporal
	outside, err := embed.Start(t.Context(), embed.Options{Dir: t.TempDir(), UIPort: embed.NoUI})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := outside.Stop(); err != nil {
			t.Errorf("stopping Temporal: %v", err)
		}
	})
	t.Cleanup(func() { untouched(t, outside) })
	exporter := tracetest.NewInMemoryExporter()
	s := start(t, world.Options{TemporalAddress: outside.HostPort(), Spans: exporter})
	report := playAll(t, s, 0)
	for _, sc := range report.Scenarios {
		if !sc.OK {
			t.Errorf("%s: %s", sc.Name, sc.Problem)
		}
		if played := sc.Got != "not played"; played != (sc.Name != "temporal-away") {
			t.Errorf("%s: got %q", sc.Name, sc.Got)
		}
	}
	if !report.OK {
		t.Errorf("the report is not OK: %+v", report.Checks)
	}
	all := newSpans(exporter.GetSpans())
	tracesAreWhole(t, all, report)
	followed(t, all, report)
	metricsNameNoJourney(t, s)
}

// untouched checks that only Temporal's own namespaces are left in a server, without a
// workflow in the one that people use.
func untouched(t *testing.T, server *embed.Server) {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: server.HostPort(), Namespace: "default", Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := context.WithoutCancel(t.Context())
	count, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{})
	if err != nil || count.GetCount() != 0 {
		t.Errorf("namespace default has %d workflows (%v), want none", count.GetCount(), err)
	}
	all, err := c.WorkflowService().ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all.GetNamespaces() {
		if strings.HasPrefix(n.GetNamespaceInfo().GetName(), "idjourney") && n.GetNamespaceInfo().GetState() == enumspb.NAMESPACE_STATE_REGISTERED {
			t.Errorf("namespace %s is still there", n.GetNamespaceInfo().GetName())
		}
	}
}
