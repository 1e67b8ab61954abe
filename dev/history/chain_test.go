package history_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/dev/embed"
	"idjourney/dev/history"
)

const queue = "history-test"

// life costs one of everything, continues as new once, then waits for an
// activity that never succeeds.
func life(ctx workflow.Context, run int) error {
	if err := workflow.SetUpdateHandler(ctx, "note", func(workflow.Context) error { return nil }); err != nil {
		return err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Millisecond, MaximumInterval: time.Millisecond},
	})
	if run == 2 {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Minute,
			RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Hour, MaximumInterval: time.Hour},
		})
		return workflow.ExecuteActivity(ctx, "never").Get(ctx, nil)
	}
	for range 2 {
		workflow.GetSignalChannel(ctx, "event").Receive(ctx, nil)
	}
	if err := workflow.ExecuteActivity(ctx, "thirdTime").Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
		return err
	}
	phase := temporal.NewSearchAttributeKeyKeyword("JourneyPhase")
	if err := workflow.UpsertTypedSearchAttributes(ctx, phase.ValueSet("settled")); err != nil {
		return err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
	one, two := workflow.ExecuteLocalActivity(local, nothing), workflow.ExecuteLocalActivity(local, nothing)
	if err := errors.Join(one.Get(ctx, nil), two.Get(ctx, nil)); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, "life", 2)
}

func nothing(context.Context) error { return nil }
func never(context.Context) error   { return errors.New("not today") }

func thirdTime(ctx context.Context) error {
	if activity.GetInfo(ctx).Attempt < 3 {
		return errors.New("not yet")
	}
	return nil
}

func TestWalk(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := serve(ctx, t)

	const id = "journey/demo/1"
	first, err := c.SignalWithStartWorkflow(ctx, id, "event", nil, client.StartWorkflowOptions{TaskQueue: queue}, "life", 1)
	if err != nil {
		t.Fatal(err)
	}
	update, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: "note", WaitForStage: client.WorkflowUpdateStageCompleted})
	if err != nil {
		t.Fatal(err)
	}
	if err := update.Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.SignalWorkflow(ctx, id, "", "event", nil); err != nil {
		t.Fatal(err)
	}
	awaitBackoff(ctx, t, c, id)

	chain, err := history.Walk(ctx, c, id)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(chain.Runs), 2; got != want {
		t.Fatalf("got %d runs, want %d", got, want)
	}
	if got, want := chain.Runs[0].ID, first.GetRunID(); got != want {
		t.Errorf("first run: got %s, want %s", got, want)
	}
	gotStatus := [2]enumspb.WorkflowExecutionStatus{chain.Runs[0].Status, chain.Runs[1].Status}
	wantStatus := [2]enumspb.WorkflowExecutionStatus{enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	if gotStatus != wantStatus {
		t.Errorf("status: got %v, want %v", gotStatus, wantStatus)
	}
	want := map[history.Kind]int{
		history.KindStart: 1, history.KindSignal: 1, history.KindUpdate: 1, history.KindTimer: 1, history.KindUpsert: 1,
		history.KindLocalActivities: 1, history.KindContinueAsNew: 1, history.KindActivity: 4,
	}
	if diff := cmp.Diff(want, chain.Total.ByKind); diff != "" {
		t.Errorf("Actions by kind (-want +got):\n%s", diff)
	}
	if got, want := chain.Total.Actions, 11; got != want {
		t.Errorf("Actions: got %d, want %d", got, want)
	}
	if diff := cmp.Diff(map[string]int{"thirdTime": 3, "never": 1}, chain.Total.Attempts); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if chain.Truncated || chain.Total.Unseen != 0 {
		t.Errorf("got truncated %t and %d unseen, want a complete count", chain.Truncated, chain.Total.Unseen)
	}
	checkSize(ctx, t, c, chain)
}

// checkSize compares events and bytes with what the server says of each run.
func checkSize(ctx context.Context, t *testing.T, c client.Client, chain history.Chain) {
	t.Helper()
	for _, run := range chain.Runs {
		d, err := c.DescribeWorkflowExecution(ctx, chain.WorkflowID, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		info := d.GetWorkflowExecutionInfo()
		if got, want := int64(run.Events), info.GetHistoryLength(); got != want {
			t.Errorf("run %s: got %d events, the server says %d", run.ID, got, want)
		}
		// The server counts the stored form, a little larger by its batches.
		if got, stored := float64(run.Bytes), float64(info.GetHistorySizeBytes()); got < 0.7*stored || got > 1.1*stored {
			t.Errorf("run %s: got %.0f bytes, far from the %.0f that the server says", run.ID, got, stored)
		}
	}
}

func TestWalkUnknownWorkflow(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := history.Walk(ctx, serve(ctx, t), "journey/demo/none"); err == nil {
		t.Error("got no error, want one for a workflow that is not there")
	}
}

// awaitBackoff returns when the activity of the second run has failed once.
func awaitBackoff(ctx context.Context, t *testing.T, c client.Client, id string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := c.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range d.GetPendingActivities() {
			if p.GetActivityType().GetName() == "never" && p.GetAttempt() == 2 {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("the second run's activity never failed")
		case <-tick.C:
		}
	}
}

// serve starts a server and a worker that knows life.
func serve(ctx context.Context, t *testing.T) client.Client {
	t.Helper()
	s, err := embed.Start(ctx, embed.Options{Dir: t.TempDir(), UIPort: embed.NoUI})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	c, err := client.Dial(client.Options{HostPort: s.HostPort(), Namespace: s.Namespace(),
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(life)
	w.RegisterActivity(never)
	w.RegisterActivity(thirdTime)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return c
}
