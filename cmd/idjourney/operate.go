package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"idjourney/app"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/replay"
	"idjourney/worker"
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

func replayCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "replay DIR",
		Short: "Say which running workflows would break under this build, from their exported histories",
		Long: "Replays every history (*.json) below DIR against the workflows of this build, without a server: as `idjourney\n" +
			"export-histories` or `temporal workflow show --output json` writes them, or the Web UI's Download. One line each.\n" +
			"Exit status 1 if a running workflow would break, or a file cannot be read; for a closed one it only warns.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			// The workflows only take limits from the configuration, which no replay compares.
			register := func(r sdk.WorkflowRegistry) { worker.RegisterWorkflows(r, &config.Config{}) }
			return replay.Dir(cmd.Context(), os.DirFS(args[0]), register, cmd.OutOrStdout())
		},
	}
}

func exportCommand() *cobra.Command {
	var x replay.Exporter
	cmd := command("export-histories", "Write the histories of all running workflows into a folder, for `idjourney replay`",
		"Writes DIR/RUN.json for every running journey and spot check of TEMPORAL_NAMESPACE. If it is stopped, the same command\n"+
			"goes on: a run that is in DIR is passed over. So take a new folder for every upgrade, and delete it afterwards:\n"+
			"it holds what the journeys hold.",
		func(ctx context.Context, out io.Writer) error {
			return withTemporal(func(c client.Client, namespace string) error {
				x.Client, x.Namespace = c, namespace
				done, err := x.Run(ctx)
				_, said := fmt.Fprintf(out, "%d histories written, %d there already, %d gone meanwhile\n", done.Written, done.There, done.Gone)
				if err := errors.Join(err, said); err != nil {
					return fmt.Errorf("exporting histories: %w", err)
				}
				return nil
			})
		})
	cmd.Flags().StringVar(&x.Dir, "dir", "", "where to; created if missing")
	cmd.Flags().StringVar(&x.Query, "query", "", `which of the running workflows, for example JourneyAccount = "acme-sandbox"; all if empty`)
	cmd.Flags().IntVar(&x.AtOnce, "at-once", 4, "how many histories to read at the same time")
	require(cmd, "dir")
	return cmd
}
