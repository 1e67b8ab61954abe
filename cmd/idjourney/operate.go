package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/journey"
)

func reviewCommand() *cobra.Command {
	var account, id string
	var r journey.Reviewed
	cmd := command("review", "Decide a local review: send the update `review` to the journey",
		"Ends a review that waits for a person here. A review at IDWise is decided in IDWise's dashboard.",
		func(ctx context.Context, out io.Writer) error {
			return withTemporal(func(c client.Client, _ string) error { return app.Review(ctx, out, c, account, id, r) })
		})
	cmd.Flags().StringVar(&account, "account", "", "the account's name")
	cmd.Flags().StringVar(&id, "journey", "", "IDWise's journey id")
	cmd.Flags().StringVar(&r.Review, "review", "", "the review's id, as in journey.review_required; without it, the one that is open now")
	cmd.Flags().StringVar((*string)(&r.Outcome), "outcome", "", "approved or rejected")
	cmd.Flags().StringVar(&r.Actor, "actor", "", "who decides; recorded in the decision")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why; recorded in the decision")
	require(cmd, "account", "journey", "outcome", "actor", "reason")
	return cmd
}

func refreshCommand() *cobra.Command {
	var account, id, query, reason string
	var within time.Duration
	cmd := command("refresh", "Let one journey, or every running one that a query finds, ask IDWise again now",
		"Sends the signal `event` of type refresh: to the journey of --account and --journey, or, as one batch of Temporal's,\n"+
			"to every running journey that --query finds. It is always safe. Exit status 1 if a journey did not take it.",
		func(ctx context.Context, out io.Writer) error {
			ctx, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			return withTemporal(func(c client.Client, namespace string) (err error) {
				done := "1 journey was refreshed"
				if query != "" {
					done, err = app.RefreshAll(ctx, c, namespace, query, reason)
				} else {
					err = app.Refresh(ctx, c, account, id)
				}
				if err != nil {
					return fmt.Errorf("refreshing: %w", err)
				}
				_, err = fmt.Fprintln(out, done)
				return err
			})
		})
	cmd.Flags().StringVar(&account, "account", "", "the account's name")
	cmd.Flags().StringVar(&id, "journey", "", "IDWise's journey id")
	cmd.Flags().StringVar(&query, "query", "", `which journeys, for example JourneyAttention = "vendor_unreachable"`)
	cmd.Flags().StringVar(&reason, "reason", "idjourney refresh", "why; recorded in the batch of --query")
	cmd.Flags().DurationVar(&within, "within", 10*time.Minute, "how long to wait for a batch; it continues without")
	cmd.MarkFlagsRequiredTogether("account", "journey")
	cmd.MarkFlagsOneRequired("journey", "query")
	cmd.MarkFlagsMutuallyExclusive("journey", "query")
	return cmd
}
