package demo

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

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

// The same against a Temporal that is not the stack's own, which it must not stop;
// and, since nothing but one government is out of order here, what telemetry tells.
func TestDemoOnAnOutsideTemporal(t *testing.T) {
	outside, err := embed.Start(t.Context(), embed.Options{Dir: t.TempDir(), UIPort: embed.NoUI})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := outside.Stop(); err != nil {
			t.Errorf("stopping Temporal: %v", err)
		}
	})
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
