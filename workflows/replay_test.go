package workflows_test

import (
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/workflows"
)

// The corpus holds histories of a real server, each named after its final situation. A
// failure here means that open journeys in production would stop at their next event: their
// tasks would fail until a worker issues the same commands. If the change of behaviour is
// intended, put it behind a new value of journey.Rules (SpotRules for a spot check) first;
// only then record the new behaviour with `make corpus`, next to the old histories.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories to replay: %v", err)
	}
	w := workflows.New(workflows.Options{
		Limits:     func(string) workflows.Limits { return limits },
		StepLimits: func(string, string) workflows.Limits { return limits },
	})
	for _, file := range files {
		t.Run(filepath.ToSlash(file[len("testdata/histories/"):]), func(t *testing.T) {
			t.Parallel()
			r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableDeadlockDetection: true})
			if err != nil {
				t.Fatal(err)
			}
			r.RegisterWorkflowWithOptions(w.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
			r.RegisterWorkflowWithOptions(w.SpotCheck, workflow.RegisterOptions{Name: journey.SpotCheckWorkflowName})
			if err := r.ReplayWorkflowHistoryFromJSONFile(nil, file); err != nil {
				t.Error(err)
			}
		})
	}
}
