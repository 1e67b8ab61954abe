package demo

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportOK(t *testing.T) {
	t.Parallel()
	good, bad := Result{Name: "approved", OK: true}, Result{Name: "aml-change"}
	tests := map[string]struct {
		results []Result
		want    bool
	}{
		"nothing played": {nil, false},
		"all as wanted":  {[]Result{good, good}, true},
		"one is not":     {[]Result{bad, good}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Report
			r.add(tc.results...)
			if r.OK != tc.want {
				t.Errorf("got ok %t, want %t", r.OK, tc.want)
			}
		})
	}
}

func TestReportSave(t *testing.T) {
	t.Parallel()
	var r Report
	r.add(Result{Name: "approved", JourneyID: "j1", Expected: "approved", Got: "approved", OK: true,
		Decisions: 1, Seconds: 1.5, Actions: 9, HistoryEvents: 40, HistoryBytes: 9000})
	file := filepath.Join(t.TempDir(), "r.json")
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Scenarios []map[string]any }
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"name": "approved", "journeyId": "j1", "expected": "approved", "got": "approved", "ok": true,
		"decisions": 1.0, "seconds": 1.5, "actions": 9.0, "historyEvents": 40.0, "historyBytes": 9000.0}}
	if diff := cmp.Diff(want, got.Scenarios); diff != "" {
		t.Errorf("scenarios (-want +got):\n%s", diff)
	}
}

func TestReportTable(t *testing.T) {
	t.Parallel()
	var r Report
	r.add(Result{Name: "approved", Expected: "approved", Got: "approved", OK: true, Decisions: 1, Actions: 9},
		Result{Name: "aml-change", Expected: "approved, on_hold", Got: "approved", Problem: "No aml.changed came."})
	var out bytes.Buffer
	if err := r.Table(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"✓  approved", "✗  aml-change", "✗ aml-change: No aml.changed came."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}
