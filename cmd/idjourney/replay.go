package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"idjourney/config"
	"idjourney/replay"
	"idjourney/worker"
)

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
