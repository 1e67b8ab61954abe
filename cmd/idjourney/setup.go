package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"

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
			err = patiently(cmd.Context(), func() error {
				// Creating one that is there with the same type changes nothing.
				_, err := c.OperatorService().AddSearchAttributes(cmd.Context(), &operatorservice.AddSearchAttributesRequest{
					Namespace: namespace, SearchAttributes: attributes,
				})
				return err
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

// patiently tries again for a while if the namespace is not found: Temporal's
// servers take some seconds to notice one that was just made.
func patiently(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := do()
		if _, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err); !unknown {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}
