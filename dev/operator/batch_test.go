package operator

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	batchpb "go.temporal.io/api/batch/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// refreshInput is what docs/operations.md tells an operator to send.
const refreshInput = `{"type":"refresh"}`

func batchRefresh(t *testing.T, query string) {
	t.Helper()
	_, err := demoWorld.Client.WorkflowService().StartBatchOperation(t.Context(), &workflowservice.StartBatchOperationRequest{
		Namespace: demoWorld.Namespace, VisibilityQuery: query, JobId: t.Name(), Reason: "trying it out",
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{SignalOperation: &batchpb.BatchOperationSignal{
			Signal: journey.SignalEvent, Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{{
				Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)},
				Data:     []byte(refreshInput),
			}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A paused delivery waits, while everything else of the journey goes on; resumed,
// it is delivered. It is not parallel: it stops the customer's endpoint for all.
func TestPausedDelivery(t *testing.T) {
	demoWorld.Customer.SetStatus(503)
	id := begin(t, "refer")
	var publish string
	await(t, func(ctx context.Context) error {
		for _, a := range describe(ctx, id).GetPendingActivities() {
			if a.GetActivityType().GetName() == "Publish" && a.GetAttempt() > 1 {
				publish = a.GetActivityId()
				return nil
			}
		}
		return errors.New("no delivery is being tried again")
	})
	execution := &commonpb.WorkflowExecution{WorkflowId: workflowID(id)}
	_, err := demoWorld.Client.WorkflowService().PauseActivity(t.Context(), &workflowservice.PauseActivityRequest{
		Namespace: demoWorld.Namespace, Execution: execution, Activity: &workflowservice.PauseActivityRequest_Id{Id: publish},
	})
	if err != nil {
		t.Fatal(err)
	}
	await(t, func(ctx context.Context) error {
		for _, a := range describe(ctx, id).GetPendingActivities() {
			if a.GetActivityId() == publish && a.GetPaused() && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_PAUSED {
				return nil
			}
		}
		return errors.New("it is not paused")
	})
	demoWorld.Customer.SetStatus(200)
	// Meanwhile the reviewer decides: the journey takes that in.
	if err := demoWorld.Vendor.Review(id, journey.Approved); err != nil {
		t.Fatal(err)
	}
	await(t, func(ctx context.Context) error {
		s, err := state(ctx, workflowID(id))
		if err == nil && s.Phase != journey.Settled {
			err = errors.New(s.Describe())
		}
		return err
	})
	if n := messages(id, journey.MessageReviewRequired); n != 0 {
		t.Errorf("the paused message was delivered %d times", n)
	}
	_, err = demoWorld.Client.WorkflowService().UnpauseActivity(t.Context(), &workflowservice.UnpauseActivityRequest{
		Namespace: demoWorld.Namespace, Execution: execution, Activity: &workflowservice.UnpauseActivityRequest_Id{Id: publish},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantDecisions(t, id, journey.OutcomeApproved)
	await(t, func(context.Context) error {
		if n := messages(id, journey.MessageReviewRequired); n != 1 {
			return fmt.Errorf("the resumed message was delivered %d times", n)
		}
		return nil
	})
}

// A paused activity outlives its schedule-to-close; resumed after that, it has one
// more try.
func TestPauseOutlastsTheBudget(t *testing.T) {
	t.Parallel()
	w := worker.New(demoWorld.Client, "paused", worker.Options{})
	var tries atomic.Int32
	w.RegisterActivityWithOptions(func(context.Context) error { tries.Add(1); return errors.New("not yet") }, activity.RegisterOptions{Name: "Fail"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			ActivityID: "fail", StartToCloseTimeout: time.Second, ScheduleToCloseTimeout: 2 * time.Second,
			RetryPolicy: &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 1},
		}), "Fail").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "FailForAWhile"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	run, err := demoWorld.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "paused", TaskQueue: "paused"}, "FailForAWhile")
	if err != nil {
		t.Fatal(err)
	}
	await(t, func(ctx context.Context) error {
		_, err := demoWorld.Client.WorkflowService().PauseActivity(ctx, &workflowservice.PauseActivityRequest{
			Namespace: demoWorld.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: "paused"},
			Activity: &workflowservice.PauseActivityRequest_Id{Id: "fail"},
		})
		return err
	})
	before := tries.Load()
	select { // twice the budget
	case <-time.After(4 * time.Second):
	case <-t.Context().Done():
	}
	d, err := demoWorld.Client.DescribeWorkflowExecution(t.Context(), "paused", "")
	if err != nil || len(d.GetPendingActivities()) != 1 || !d.GetPendingActivities()[0].GetPaused() || tries.Load() != before {
		t.Errorf("after its budget the paused activity is %v, %v, tried %d times since", d.GetPendingActivities(), err, tries.Load()-before)
	}
	_, err = demoWorld.Client.WorkflowService().UnpauseActivity(t.Context(), &workflowservice.UnpauseActivityRequest{
		Namespace: demoWorld.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: "paused"},
		Activity: &workflowservice.UnpauseActivityRequest_Id{Id: "fail"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = run.Get(ctx, nil)
	if timeout, ok := errors.AsType[*temporal.TimeoutError](err); !ok || timeout.TimeoutType() != enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE {
		t.Errorf("the resumed activity ended with %v, want its schedule-to-close", err)
	}
	if n := tries.Load() - before; n > 1 {
		t.Errorf("it was tried %d times after its budget, want at most once", n)
	}
}

// A run whose tasks fail again and again is found by the query for stuck runs.
func TestStuckRunIsListed(t *testing.T) {
	t.Parallel()
	const id = "journey/demo/stuck"
	_, err := demoWorld.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: demoWorld.Config.TaskQueue},
		journey.WorkflowName, journey.Start{Account: "demo", JourneyID: "stuck", Rules: journey.Rules + 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = demoWorld.Client.TerminateWorkflow(context.WithoutCancel(t.Context()), id, "", "the test is over")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	for {
		found, err := demoWorld.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `TemporalReportedProblems IS NOT NULL`})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.GetExecutions()) == 1 && found.GetExecutions()[0].GetExecution().GetWorkflowId() == id {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the query for stuck runs finds %v", found.GetExecutions())
		case <-time.After(500 * time.Millisecond):
		}
	}
}
