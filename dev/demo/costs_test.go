package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cost is a line of docs/costs.md.
type cost struct{ actions, events, bytes int }

// costTable reads the table of docs/costs.md whose first column has that heading.
func costTable(t *testing.T, heading string) map[string]cost {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "costs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n| "+heading+" |")
	if !found {
		t.Fatalf("docs/costs.md has no table of %s", heading)
	}
	body, _, _ := strings.Cut(rest, "\n\n")
	table := map[string]cost{}
	for line := range strings.SplitSeq(body, "\n") {
		cells := strings.SplitN(line, "|", 3)
		var c cost
		if len(cells) < 3 {
			continue
		}
		if n, _ := fmt.Sscanf(cells[2], " %d | %d | %d |", &c.actions, &c.events, &c.bytes); n == 3 {
			table[strings.TrimSpace(cells[1])] = c
		}
	}
	return table
}

// costsAreTrue holds the table of docs/costs.md to a run's report. A busy machine
// may ask once more or once less; off by more than a half is another cost.
func costsAreTrue(t *testing.T, report Report) {
	t.Helper()
	table := costTable(t, "scenario")
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
