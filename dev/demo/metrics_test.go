package demo

import (
	"regexp"
	"slices"
	"testing"

	"idjourney/dev/alerts"
	"idjourney/dev/world"
)

// shownLater are metrics that appear with the first fault or the first erasure, or
// belong to Temporal's server.
var shownLater = []string{
	"temporal_workflow_task_execution_failed_total", "idjourney_erasures_total",
	"approximate_backlog_count", "approximate_backlog_age_seconds",
}

// allMeasured scrapes the demo and makes sure that every metric which a rule or a
// panel names is there.
func allMeasured(t *testing.T, s *world.World) {
	t.Helper()
	names := []string{"up"} // Prometheus' own
	for _, match := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(metricsPage(t, s), -1) {
		names = append(names, match[1])
	}
	expressions, err := alerts.Deployed("../../deploy")
	if err != nil {
		t.Fatal(err)
	}
	missing, err := alerts.Missing(expressions, names)
	if err != nil {
		t.Fatal(err)
	}
	for _, metric := range missing {
		if !slices.Contains(shownLater, metric) {
			t.Errorf("a rule or a panel reads %s, which the demo does not measure", metric)
		}
	}
}
