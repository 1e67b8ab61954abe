package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/journey"
)

func reviewCommand() *cobra.Command {
	var account, id string
	var r journey.Reviewed
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Decide a local review: send the update `review` to the journey",
		Long:  "Ends a review that waits for a person here. A review at IDWise is decided in IDWise's dashboard.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := app.Connect(slog.Default(), nil)
			if err != nil {
				return err
			}
			defer c.Close()
			if r.Review == "" {
				if r.Review, err = openReview(cmd, c, account, id); err != nil {
					return err
				}
			}
			handle, err := c.UpdateWorkflow(cmd.Context(), client.UpdateWorkflowOptions{
				WorkflowID: journey.WorkflowID(account, id), UpdateName: journey.UpdateReview,
				Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
			})
			if err == nil {
				err = handle.Get(cmd.Context(), nil)
			}
			if err != nil {
				return fmt.Errorf("reviewing journey %s of account %s: %w", id, account, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "journey %s: %s, decided by %s\n", id, r.Outcome, r.Actor)
			return err
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account's name")
	cmd.Flags().StringVar(&id, "journey", "", "IDWise's journey id")
	cmd.Flags().StringVar(&r.Review, "review", "", "the review's id, as in journey.review_required; without it, the one that is open now")
	cmd.Flags().StringVar((*string)(&r.Outcome), "outcome", "", "approved or rejected")
	cmd.Flags().StringVar(&r.Actor, "actor", "", "who decides; recorded in the decision")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why; recorded in the decision")
	for _, name := range []string{"account", "journey", "outcome", "actor", "reason"} {
		_ = cmd.MarkFlagRequired(name) // fails only for a flag that does not exist
	}
	return cmd
}

// openReview says which review is open, so that whoever decides sees what about.
func openReview(cmd *cobra.Command, c client.Client, account, id string) (string, error) {
	var s journey.State
	answer, err := c.QueryWorkflow(cmd.Context(), journey.WorkflowID(account, id), "", journey.QueryState)
	if err == nil {
		err = answer.Get(&s)
	}
	if err != nil {
		return "", fmt.Errorf("asking journey %s of account %s for its review: %w", id, account, err)
	}
	if s.Reviews.Open == nil {
		return "", fmt.Errorf("journey %s of account %s has no review open", id, account)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "review %s: %s, %s\n", s.Reviews.Open.ID, s.Reviews.Open.Kind, s.Reviews.Open.Reason)
	return s.Reviews.Open.ID, err
}
