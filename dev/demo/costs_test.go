package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// costsAreTrue holds the table of docs/costs.md to a run's report. A busy machine
// may ask once more or once less; off by more than a half is another cost.
func costsAreTrue(t *testing.T, report Report) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "costs.md"))
	if err != nil {
		t.Fatal(err)
	}
	type cost struct{ actions, events, bytes int }
	table := map[string]cost{}
	for line := range strings.SplitSeq(string(text), "\n") {
		var name string
		var c cost
		if n, _ := fmt.Sscanf(line, "| %s | %d | %d | %d |", &name, &c.actions, &c.events, &c.bytes); n == 4 {
			table[name] = c
		}
	}
	if len(table) != len(report.Scenarios) {
		t.Errorf("docs/costs.md has %d scenarios, the report %d", len(table), len(report.Scenarios))
	}
	for _, s := range report.Scenarios {
		c, ok := table[s.Name]
		if !ok || !near(s.Actions, c.actions) || !near(s.HistoryEvents, c.events) || !near(s.HistoryBytes, c.bytes) {
			t.Errorf("docs/costs.md says of %s %+v, it cost %d Actions, %d events, %d bytes", s.Name, c, s.Actions, s.HistoryEvents, s.HistoryBytes)
		}
	}
}

func near(got, told int) bool { return 2*got <= 3*told && 3*got >= 2*told }
