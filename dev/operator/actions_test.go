package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"idjourney/dev/history"
	"idjourney/journey"
)

// approve brings a journey to rest, approved by the vendor's reviewer.
func approve(t *testing.T) (journeyID string) {
	t.Helper()
	id := begin(t, "refer")
	awaitRest(t, id, journey.AwaitingReview)
	if err := demoWorld.Vendor.Review(id, journey.Approved); err != nil {
		t.Fatal(err)
	}
	awaitRest(t, id, journey.Settled)
	wantDecisions(t, id, journey.OutcomeApproved)
	return id
}

// wantDecisions waits for the decisions, and wants the ledger and the customer to
// have the same.
func wantDecisions(t *testing.T, id string, want ...journey.Outcome) {
	t.Helper()
	await(t, func(context.Context) error {
		told, kept := decisions(t, id)
		if !slices.Equal(told, want) || !slices.Equal(kept, want) {
			return fmt.Errorf("the customer was told %v and the ledger has %v, want %v", told, kept, want)
		}
		return nil
	})
}

// A run that somebody terminates or cancels closes the workflow, not the journey:
// the next webhook starts it again, and its decisions are counted on.
func TestTerminateAndCancel(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]func(ctx context.Context, id string) error{
		"Terminated": func(ctx context.Context, id string) error {
			return demoWorld.Client.TerminateWorkflow(ctx, id, "", "trying it out")
		},
		"Canceled": func(ctx context.Context, id string) error { return demoWorld.Client.CancelWorkflow(ctx, id, "") },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			id := approve(t)
			if err := end(t.Context(), workflowID(id)); err != nil {
				t.Fatal(err)
			}
			awaitStatus(t, id, how)
			if err := demoWorld.Vendor.AMLMatch(id); err != nil {
				t.Fatal(err)
			}
			wantDecisions(t, id, journey.OutcomeApproved, journey.OutcomeOnHold)
			if s := awaitRest(t, id, journey.AwaitingReview); s.Standing.Sequence != 2 {
				t.Errorf("the standing is decision %d, want 2", s.Standing.Sequence)
			}
			if n := messages(id, journey.MessageAMLChanged); n != 1 {
				t.Errorf("%d AML changes were told, want the one: what monitoring brought is news to a journey that is met anew, too", n)
			}
		})
	}
}

func messages(id string, kind journey.MessageType) (n int) {
	for _, m := range demoWorld.Customer.Journey(id) {
		if m.Type == kind {
			n++
		}
	}
	return n
}

// reset resets a run of the journey to the workflow task that choose picks.
func reset(t *testing.T, id string, run int, choose func(history []int64) int64) {
	t.Helper()
	chain, err := history.Walk(t.Context(), demoWorld.Client, workflowID(id))
	if err != nil {
		t.Fatal(err)
	}
	runID := chain.Runs[(run+len(chain.Runs))%len(chain.Runs)].ID
	events, err := history.Events(t.Context(), demoWorld.Client, workflowID(id), runID)
	if err != nil {
		t.Fatal(err)
	}
	var tasks []int64
	for _, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, e.GetEventId())
		}
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil && a.GetActivityType().GetName() == "Publish" {
			tasks = append(tasks, -a.GetWorkflowTaskCompletedEventId())
		}
	}
	_, err = demoWorld.Client.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: demoWorld.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID(id), RunId: runID},
		Reason: "trying it out", WorkflowTaskFinishEventId: choose(tasks), RequestId: t.Name(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func firstTask(tasks []int64) int64 { return tasks[0] }

// lastPublish is the task that scheduled the last Publish.
func lastPublish(tasks []int64) int64 {
	for _, id := range slices.Backward(tasks) {
		if id < 0 {
			return -id
		}
	}
	return 0
}

// The last run of a settled journey holds nothing but the wait, so that a reset of
// it repeats nothing.
func TestResetLastRun(t *testing.T) {
	t.Parallel()
	id := approve(t)
	before := describe(t.Context(), id).GetWorkflowExecutionInfo().GetExecution().GetRunId()
	reset(t, id, -1, firstTask)
	await(t, func(ctx context.Context) error {
		if describe(ctx, id).GetWorkflowExecutionInfo().GetExecution().GetRunId() == before {
			return errors.New("the run is the old one")
		}
		return nil
	})
	awaitRest(t, id, journey.Settled)
	wantDecisions(t, id, journey.OutcomeApproved)
	if n := activities(t, id, ""); len(n) != 0 {
		t.Errorf("the reset run did %v", n)
	}
}

// A reset to before the custom steps cannot repeat them, because IDWise's custom
// step is over: it takes no decision twice, but a person is asked.
func TestResetBeforeSteps(t *testing.T) {
	t.Parallel()
	id := approve(t)
	reset(t, id, 0, firstTask)
	s := awaitRest(t, id, journey.AwaitingReview)
	if s.Reviews.Open == nil || s.Reviews.Open.Kind != journey.ReviewLocal {
		t.Errorf("the review is %+v, want a local one", s.Reviews.Open)
	}
	wantDecisions(t, id, journey.OutcomeApproved)
	if n := demoWorld.Vendor.Journey(id).CustomStepSubmissions; n != 0 {
		t.Errorf("%d faces were submitted for a step that was skipped", n)
	}
}

// A reset to just before a decision takes it again, at another time. The ledger
// keeps the first and refuses the second: the journey takes up the ledger's standing
// and looks again, and the customer hears nothing new.
func TestResetBeforeDecision(t *testing.T) {
	t.Parallel()
	id := approve(t)
	before, err := state(t.Context(), workflowID(id))
	if err != nil {
		t.Fatal(err)
	}
	reset(t, id, 0, lastPublish)
	await(t, func(ctx context.Context) error {
		s, err := state(ctx, workflowID(id))
		if err == nil && s.Counts.Fetches <= before.Counts.Fetches {
			err = errors.New(s.Describe())
		}
		return err
	})
	s := awaitRest(t, id, journey.Settled)
	if len(s.Attention) != 0 || s.Standing.Sequence != 1 {
		t.Errorf("the journey is at %s; want decision 1 and no attention", s.Describe())
	}
	wantDecisions(t, id, journey.OutcomeApproved)
}

// One batch of signals makes every journey that a query finds look again.
func TestBatchRefresh(t *testing.T) {
	t.Parallel()
	ids := []string{approve(t), approve(t)}
	query := fmt.Sprintf(`WorkflowType = "Journey" AND ExecutionStatus = "Running" AND WorkflowId IN (%q, %q)`, workflowID(ids[0]), workflowID(ids[1]))
	await(t, func(ctx context.Context) error {
		found, err := demoWorld.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		if err == nil && found.GetCount() != 2 {
			err = fmt.Errorf("the query finds %d", found.GetCount())
		}
		return err
	})
	batchRefresh(t, query)
	for _, id := range ids {
		await(t, func(context.Context) error {
			if n := activities(t, id, ""); n["Fetch"] != 1 || len(n) != 1 {
				return fmt.Errorf("the refreshed run did %v, want one Fetch", n)
			}
			return nil
		})
		if s := awaitRest(t, id, journey.Settled); len(s.Attention) != 0 {
			t.Errorf("the signal raised %v", s.Attention)
		}
		wantDecisions(t, id, journey.OutcomeApproved)
	}
}
