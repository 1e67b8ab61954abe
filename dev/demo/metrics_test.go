package demo

import (
	"io"
	"net/http"
	"slices"
	"testing"

	"idjourney/dev/alerts"
	"idjourney/dev/stack"
)

// shownLater are metrics that appear with the first fault or the first erasure, or
// are Temporal's server's own; dev/alerts has recordings in which they are there.
var shownLater = []string{
	"temporal_workflow_task_execution_failed_total", "idjourney_erasures_total",
	"approximate_backlog_count", "approximate_backlog_age_seconds",
}

// allMeasured scrapes the demo and makes sure that what alerts and dashboard read
// is measured by the code as it is now, not only by the one that was recorded.
func allMeasured(t *testing.T, s *stack.Stack) {
	t.Helper()
	resp, err := http.Get(s.AdminURL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	scrape := alerts.NewRecording(alerts.Step)
	err = scrape.Scrape([]alerts.Page{{Target: alerts.Target{Job: "idjourney-demo"}, Text: string(page)}}, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	expressions, err := alerts.Deployed("../../deploy")
	if err != nil {
		t.Fatal(err)
	}
	missing, err := alerts.Missing(expressions, scrape.Metrics())
	if err != nil {
		t.Fatal(err)
	}
	for _, metric := range missing {
		if !slices.Contains(shownLater, metric) {
			t.Errorf("alerts or dashboard read %s, which the demo does not measure", metric)
		}
	}
}
