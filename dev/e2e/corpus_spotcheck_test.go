package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/starter"
	"idjourney/workflows"
)

// spotSituations are what becomes of a spot check of which the vendor says system and
// the ledger names candidates.
var spotSituations = map[string]spotSituation{
	"spot_check_passed":                 {system: "Complete", candidates: []string{"j1"}, want: "passed"},
	"spot_check_failed_and_handed_over": {system: "Refer", candidates: []string{"j1"}, want: "failed"},
	"spot_check_held_unbound":           {system: "Refer", candidates: []string{"j1", "j2"}},
	"spot_check_linked_by_a_person":     {system: "Refer", link: true, want: "failed"},
}

type spotSituation struct {
	system     string
	candidates []string
	link       bool
	want       string // how its workflow ends; "" if it stays open
}

// TestCorpusOfSpotChecks is TestCorpus for spot checks.
func TestCorpusOfSpotChecks(t *testing.T) {
	for name, s := range spotSituations {
		if os.Getenv("RECORD") == "" {
			checkRecorded(t, recordedSpot(name))
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			record(ctx, t, s.play(ctx, t, "corpus-"+name), recordedSpot(name))
		})
	}
}

// play lets the spot check happen under an account and on a queue of its own, and
// returns its workflow's id.
func (s spotSituation) play(ctx context.Context, t *testing.T, account string) string {
	t.Helper()
	s.startWorker(t, account)
	e := journey.Event{
		EventID: "e1", Type: journey.FinishedSpotCheck, Account: account, ReceivedAt: time.Now(),
		Hint: journey.Hint{SpotCheck: "spot-0001"},
	}
	if err := starter.NewSignaler(temporal, server.Namespace(), account).SignalWithStart(ctx, e); err != nil {
		t.Fatal(err)
	}
	id := journey.SpotCheckWorkflowID(account, "spot-0001")
	if s.link || s.want == "" {
		awaitHeld(ctx, t, id)
	}
	if s.link {
		handle, err := temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: journey.UpdateLink, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{journey.SpotLink{JourneyID: "j-linked", Actor: "officer", Reason: "ticket 7"}},
		})
		if err == nil {
			err = handle.Get(ctx, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if s.want != "" {
		var got string
		if err := temporal.GetWorkflow(ctx, id, "").Get(ctx, &got); err != nil || got != s.want {
			t.Fatalf("ended as %q, %v; want %q", got, err, s.want)
		}
	}
	return id
}

// awaitHeld waits until the spot check waits for a person, told and shown as such.
func awaitHeld(ctx context.Context, t *testing.T, id string) {
	t.Helper()
	for {
		var s journey.SpotState
		answer, err := temporal.QueryWorkflow(ctx, id, "", journey.QueryState)
		if err == nil {
			err = answer.Get(&s)
		}
		if err != nil {
			t.Fatal(err)
		}
		d, err := temporal.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			t.Fatal(err)
		}
		if s.Unbound != "" && !s.Look.UnderWay && len(d.GetPendingActivities()) == 0 && d.GetPendingWorkflowTask() == nil {
			return
		}
		select {
		case <-after(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("it is not held: %s", s.Describe())
		}
	}
}

func (s spotSituation) startWorker(t *testing.T, queue string) {
	t.Helper()
	w := worker.New(temporal, queue, worker.Options{
		DisableRegistrationAliasing: true, WorkflowPanicPolicy: worker.BlockWorkflow, WorkerStopTimeout: 5 * time.Second,
	})
	flows := workflows.New(workflows.Options{Limits: func(string) workflows.Limits {
		return workflows.Limits{
			StartToClose: 10 * time.Second, ScheduleToClose: 10 * time.Second,
			Retry: workflows.Retry{Initial: 50 * time.Millisecond, Coefficient: 2, MaximumInterval: time.Second},
		}
	}})
	w.RegisterWorkflowWithOptions(flows.SpotCheck, workflow.RegisterOptions{Name: journey.SpotCheckWorkflowName})
	as := func(name string, f any) { w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	policy := journey.Policy{Version: "p1", Endpoints: []string{"core"}, SpotCheckFailed: journey.SpotCheckMeansReview}
	as("FetchSpotCheck", func(_ context.Context, in journey.SpotFetchInput) (journey.SpotAnswer, error) {
		if in.Link != "" {
			return journey.SpotAnswer{Policy: policy, Linked: true}, nil
		}
		return journey.SpotAnswer{Policy: policy, Result: &journey.SpotResult{System: s.system}, Candidates: s.candidates}, nil
	})
	as("Publish", func(context.Context, journey.PublishInput) (journey.PublishAnswer, error) {
		return journey.PublishAnswer{Status: 200}, nil
	})
	as("HandOver", func(context.Context, journey.HandOverInput) (journey.HandOverAnswer, error) {
		return journey.HandOverAnswer{}, nil
	})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

func recordedSpot(situation string) string {
	return fmt.Sprintf("spot-rules-%d/%s", journey.SpotRules, situation)
}
