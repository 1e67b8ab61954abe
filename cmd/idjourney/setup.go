package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"go.temporal.io/api/operatorservice/v1"

	"idjourney/starter"
)

func setupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "setup", Short: "Create the search attributes in the namespace of TEMPORAL_NAMESPACE", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, namespace, err := connect(slog.Default(), nil)
			if err != nil {
				return err
			}
			defer c.Close()
			attributes := starter.SearchAttributes()
			// Creating one that is there with the same type changes nothing.
			_, err = c.OperatorService().AddSearchAttributes(cmd.Context(), &operatorservice.AddSearchAttributesRequest{
				Namespace: namespace, SearchAttributes: attributes,
			})
			if err != nil {
				return fmt.Errorf("creating search attributes in namespace %s: %w", namespace, err)
			}
			for _, name := range slices.Sorted(maps.Keys(attributes)) {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", name, attributes[name]); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
