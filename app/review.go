package app

import (
	"context"
	"fmt"
	"io"

	"go.temporal.io/sdk/client"

	"idjourney/journey"
)

// Review decides a local review of a journey, and writes what was decided. Without the
// review's id it decides the one that is open, after writing what it is about.
func Review(ctx context.Context, out io.Writer, c client.Client, account, journeyID string, r journey.Reviewed) error {
	workflow := journey.WorkflowID(account, journeyID)
	if r.Review == "" {
		var s journey.State
		answer, err := c.QueryWorkflow(ctx, workflow, "", journey.QueryState)
		if err == nil {
			err = answer.Get(&s)
		}
		if err != nil {
			return fmt.Errorf("asking journey %s of account %s for its review: %w", journeyID, account, err)
		}
		open := s.Reviews.Open
		if open == nil {
			return fmt.Errorf("journey %s of account %s has no review open", journeyID, account)
		}
		if _, err := fmt.Fprintf(out, "review %s: %s, %s\n", open.ID, open.Kind, open.Reason); err != nil {
			return err
		}
		r.Review = open.ID
	}
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflow, UpdateName: journey.UpdateReview, Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("reviewing journey %s of account %s: %w", journeyID, account, err)
	}
	_, err = fmt.Fprintf(out, "journey %s: %s, decided by %s\n", journeyID, r.Outcome, r.Actor)
	return err
}
