package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"idjourney/app"
)

func refreshCommand() *cobra.Command {
	var account, id, query, reason string
	var within time.Duration
	cmd := &cobra.Command{
		Use:   "refresh",
		Short: "Let one journey, or every running one that a query finds, ask IDWise again now",
		Long: "Sends the signal `event` of type refresh: to the journey of --account and --journey, or, as one batch of Temporal's,\n" +
			"to every running journey that --query finds. It is always safe. Exit status 1 if a journey did not take it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, namespace, err := app.Connect(slog.Default(), nil)
			if err != nil {
				return err
			}
			defer c.Close()
			ctx, cancel := context.WithTimeout(cmd.Context(), within)
			defer cancel()
			done := "1 journey was refreshed"
			if query != "" {
				done, err = app.RefreshAll(ctx, c, namespace, query, reason)
			} else {
				err = app.Refresh(ctx, c, account, id)
			}
			if err != nil {
				return fmt.Errorf("refreshing: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
			return err
		},
	}
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
