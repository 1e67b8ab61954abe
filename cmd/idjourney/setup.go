package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"idjourney/app"
	"idjourney/workflows"
)

func setupCommand() *cobra.Command {
	var create bool
	var retention, within time.Duration
	cmd := &cobra.Command{
		Use: "setup", Short: "Create the search attributes in the namespace of TEMPORAL_NAMESPACE, and on request the namespace", Args: cobra.NoArgs,
		Long: "Creates what is missing and changes nothing that is there: it may run again at every start.\n" +
			"On Temporal Cloud create the namespace there, and leave --create-namespace out.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, namespace, err := app.Connect(slog.Default(), nil)
			if err != nil {
				return err
			}
			defer c.Close()
			ctx, cancel := context.WithTimeout(cmd.Context(), within)
			defer cancel()
			if err := app.Setup(ctx, c, namespace, create, retention); err != nil {
				return err
			}
			attributes := workflows.SearchAttributes()
			for _, name := range slices.Sorted(maps.Keys(attributes)) {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", name, attributes[name]); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&create, "create-namespace", false, "create the namespace first, if it is not there")
	cmd.Flags().DurationVar(&retention, "retention", 30*24*time.Hour, "how long a namespace that is created keeps closed workflows")
	cmd.Flags().DurationVar(&within, "within", time.Minute, "how long all of it may take")
	return cmd
}
