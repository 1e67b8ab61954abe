package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"idjourney/dev/history"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

const (
	// restCheck is how often a journey is checked, and quietFor how long nothing
	// must have happened to it.
	restCheck = 100 * time.Millisecond
	quietFor  = 400 * time.Millisecond
)

// rest waits until a journey is at rest in a phase: all webhooks are taken and
// handed over, nothing is under way in its workflow, and its history has stopped
// growing. It asks no workflow, which would cost an Action, only the server. It
// returns the whole chain of runs, counted.
func (r *run) rest(ctx context.Context, journeyID string, phase journey.Phase) (history.Chain, error) {
	workflowID := journey.WorkflowID(r.account, journeyID)
	tick := time.NewTicker(restCheck)
	defer tick.Stop()
	var before string
	var since time.Time
	for {
		now, err := r.restless(ctx, journeyID, workflowID, phase)
		if err == nil && now == before && time.Since(since) >= quietFor {
			return history.Walk(ctx, r.world.Client, workflowID)
		}
		if now != before || err != nil {
			before, since = now, time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if err == nil {
				err = errors.New("its history still grows")
			}
			return history.Chain{}, fmt.Errorf("journey %s does not come to rest in %s: %w", journeyID, phase, err)
		}
	}
}

// restless says in an error why the journey is not at rest. Otherwise it returns
// a text that changes whenever something happens to its workflow.
func (r *run) restless(ctx context.Context, journeyID, workflowID string, phase journey.Phase) (string, error) {
	if snap := r.world.Vendor.Journey(journeyID); snap.JourneyID != "" && !r.quiet(snap) {
		return "", errors.New("not all of its webhooks are delivered")
	}
	if n, _, err := r.world.Ledger.PendingWebhooks(ctx); err != nil || n > 0 {
		return "", errors.Join(fmt.Errorf("%d webhooks wait for Temporal", n), err)
	}
	d, err := r.world.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return "", fmt.Errorf("describing its workflow: %w", err)
	}
	if n := len(d.GetPendingActivities()); n > 0 {
		return "", fmt.Errorf("%s is under way", d.GetPendingActivities()[0].GetActivityType().GetName())
	}
	if d.GetPendingWorkflowTask() != nil {
		return "", errors.New("a workflow task is under way")
	}
	if got := shownPhase(d); got != phase {
		return "", fmt.Errorf("its phase is %q", got)
	}
	info := d.GetWorkflowExecutionInfo()
	if closed := info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING; closed != mustClose(phase) {
		return "", fmt.Errorf("its workflow is %s", info.GetStatus())
	}
	return fmt.Sprintf("%s %d", info.GetExecution().GetRunId(), info.GetHistoryLength()), nil
}

// quiet says that IDWise sends nothing any more about a journey. Only where it
// belongs to the story may a webhook be lost, and one that is being lost is ignored.
func (r *run) quiet(snap idwisetest.Snapshot) bool {
	if !r.loses {
		return allDelivered(snap)
	}
	return !slices.ContainsFunc(snap.Webhooks, func(w idwisetest.Webhook) bool { return w.State == idwisetest.Pending && !lost(w) })
}

// lost says that a webhook's attempts got no answer at all.
func lost(w idwisetest.Webhook) bool {
	return len(w.Attempts) > 0 && !slices.ContainsFunc(w.Attempts, func(a idwisetest.Attempt) bool { return a.Status != 0 })
}

// until repeats a check until it finds nothing wrong.
func (r *run) until(ctx context.Context, look func() error) error {
	tick := time.NewTicker(restCheck)
	defer tick.Stop()
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// mustClose says whether a journey in a phase has no open workflow.
func mustClose(p journey.Phase) bool {
	return journey.State{Phase: p}.Closed()
}

// shownPhase is the phase in the search attributes, where operators see it.
func shownPhase(d *workflowservice.DescribeWorkflowExecutionResponse) journey.Phase {
	payload := d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()["JourneyPhase"]
	var phase journey.Phase
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &phase) != nil {
		return ""
	}
	return phase
}

// noFailedTasks makes sure that no workflow task of a chain failed: it would be
// retried for ever, and the journey would be stuck. The one harmless cause is a
// signal that came while the workflow was closing or continuing as new.
func (r *run) noFailedTasks(ctx context.Context, chain history.Chain) error {
	for _, run := range chain.Runs {
		events, err := history.Events(ctx, r.world.Client, chain.WorkflowID, run.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.GetEventType() != enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				continue
			}
			a := e.GetWorkflowTaskFailedEventAttributes()
			if a.GetCause() != enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND {
				return fmt.Errorf("a workflow task of %s failed: %s: %s", chain.WorkflowID, a.GetCause(), a.GetFailure().GetMessage())
			}
		}
	}
	return nil
}
