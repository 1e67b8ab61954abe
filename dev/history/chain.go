package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Run is one run of a chain.
type Run struct {
	ID     string                          `json:"runId"`
	Status enumspb.WorkflowExecutionStatus `json:"-"`
	Counts
}

// Chain is a workflow from its first run to its latest.
type Chain struct {
	WorkflowID string `json:"workflowId"`
	Runs       []Run  `json:"runs"`
	Total      Counts `json:"total"`
	// Truncated is true when the first runs are gone because retention deleted
	// them; the total is then a lower bound.
	Truncated bool `json:"truncated,omitempty"`
}

// Walk counts the chain that the latest run of workflowID belongs to. A closed
// workflow that was started again under the same id begins a new chain.
func Walk(ctx context.Context, c client.Client, workflowID string) (Chain, error) {
	latest, err := c.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return Chain{}, fmt.Errorf("describing workflow %s: %w", workflowID, err)
	}
	return walk(ctx, c, workflowID, latest)
}

// WalkFrom is Walk for the chain that ends with (or goes on beyond) runID.
func WalkFrom(ctx context.Context, c client.Client, workflowID, runID string) (Chain, error) {
	last, err := c.DescribeWorkflowExecution(ctx, workflowID, runID)
	if err != nil {
		return Chain{}, fmt.Errorf("describing run %s of workflow %s: %w", runID, workflowID, err)
	}
	return walk(ctx, c, workflowID, last)
}

// walk goes backwards, because a run knows the one before it from its first
// event, however it ended.
func walk(ctx context.Context, c client.Client, workflowID string, d *workflowservice.DescribeWorkflowExecutionResponse) (Chain, error) {
	chain := Chain{WorkflowID: workflowID, Total: newCounts()}
	for d != nil {
		id := d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		events, err := Events(ctx, c, workflowID, id)
		if err != nil {
			return Chain{}, err
		}
		run := Run{ID: id, Status: d.GetWorkflowExecutionInfo().GetStatus(), Counts: Count(events, pendingAttempts(d))}
		chain.Runs = append(chain.Runs, run)
		chain.Total.plus(run.Counts)

		before := events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
		if d, err = describeBefore(ctx, c, workflowID, before); err != nil {
			return Chain{}, err
		}
		chain.Truncated = before != "" && d == nil
	}
	slices.Reverse(chain.Runs)
	return chain, nil
}

// describeBefore answers nil if there is no such run (any more).
func describeBefore(ctx context.Context, c client.Client, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if runID == "" {
		return nil, nil
	}
	d, err := c.DescribeWorkflowExecution(ctx, workflowID, runID)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describing run %s of workflow %s: %w", runID, workflowID, err)
	}
	return d, nil
}

// Events reads the whole history of one run; an empty runID means the latest.
func Events(ctx context.Context, c client.Client, workflowID, runID string) ([]*historypb.HistoryEvent, error) {
	var events []*historypb.HistoryEvent
	iter := c.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return nil, fmt.Errorf("reading the history of workflow %s: %w", workflowID, err)
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("reading the history of workflow %s: it is empty", workflowID)
	}
	return events, nil
}

// pendingAttempts is what activities that have not ended have used up so far:
// one that waits in its backoff names the attempt that is still to come.
func pendingAttempts(d *workflowservice.DescribeWorkflowExecutionResponse) map[string]int {
	made := make(map[string]int)
	for _, p := range d.GetPendingActivities() {
		n := int(p.GetAttempt())
		if p.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			n--
		}
		made[p.GetActivityId()] = n
	}
	return made
}
