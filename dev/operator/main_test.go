package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"idjourney/dev/history"
	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// demoWorld is the one world of this package's tests.
var demoWorld *world.World

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "idjourney-operator-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if demoWorld, err = world.Start(ctx, world.Options{Dir: dir}); err != nil {
		return fail(err)
	}
	code := m.Run()
	if err := demoWorld.Stop(); err != nil {
		return fail(err)
	}
	return code
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "the operator's tests:", err)
	return 1
}

// await polls until look finds nothing missing.
func await(t *testing.T, look func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		err := look(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// begin starts a journey at the vendor and returns its id.
func begin(t *testing.T, script string) string {
	t.Helper()
	id, err := demoWorld.Vendor.Begin(idwisetest.StartRequest{Account: demoWorld.Keys.APIKey, Script: script, Reference: "customer-" + t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func workflowID(journeyID string) string { return journey.WorkflowID(world.Account, journeyID) }

func state(ctx context.Context, id string) (s journey.State, err error) {
	answer, err := demoWorld.Client.QueryWorkflow(ctx, id, "", journey.QueryState)
	if err == nil {
		err = answer.Get(&s)
	}
	return s, err
}

// awaitRest waits until the journey rests in the phase, with nothing under way.
func awaitRest(t *testing.T, journeyID string, phase journey.Phase) journey.State {
	t.Helper()
	var s journey.State
	await(t, func(ctx context.Context) (err error) {
		d := describe(ctx, journeyID)
		if s, err = state(ctx, workflowID(journeyID)); err != nil {
			return err
		}
		if s.Phase != phase || !s.AtRest() || len(d.GetPendingActivities()) > 0 || d.GetPendingWorkflowTask() != nil {
			return fmt.Errorf("%s (%d activities are pending)", s.Describe(), len(d.GetPendingActivities()))
		}
		return nil
	})
	return s
}

func describe(ctx context.Context, journeyID string) *workflowservice.DescribeWorkflowExecutionResponse {
	d, err := demoWorld.Client.DescribeWorkflowExecution(ctx, workflowID(journeyID), "")
	if err != nil {
		return &workflowservice.DescribeWorkflowExecutionResponse{}
	}
	return d
}

// awaitClosed waits until no run of the journey is open.
func awaitStatus(t *testing.T, journeyID, status string) {
	t.Helper()
	await(t, func(ctx context.Context) error {
		if got := describe(ctx, journeyID).GetWorkflowExecutionInfo().GetStatus().String(); got != status {
			return errors.New("the workflow is " + got)
		}
		return nil
	})
}

// activities counts the scheduled activities of a run by name.
func activities(t *testing.T, journeyID, runID string) map[string]int {
	t.Helper()
	events, err := history.Events(t.Context(), demoWorld.Client, workflowID(journeyID), runID)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range events {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			counts[a.GetActivityType().GetName()]++
		}
	}
	return counts
}

// decisions returns what the customer was told and what the ledger keeps.
func decisions(t *testing.T, journeyID string) (told, kept []journey.Outcome) {
	t.Helper()
	for _, m := range demoWorld.Customer.Journey(journeyID) {
		if m.Data.Decision != nil {
			told = append(told, m.Data.Decision.Outcome)
		}
	}
	list, err := demoWorld.Ledger.Decisions(t.Context(), world.Account, journeyID)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		kept = append(kept, d.Outcome)
	}
	return told, kept
}
