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
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

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
			if create {
				if err := createNamespace(ctx, c, namespace, retention); err != nil {
					return err
				}
			}
			if err := createSearchAttributes(ctx, c, namespace, create); err != nil {
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

func createNamespace(ctx context.Context, c client.Client, namespace string, retention time.Duration) error {
	err := untilReady(ctx, func() error {
		_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
			Description: "identity-verification journeys",
		})
		var exists *serviceerror.NamespaceAlreadyExists
		if errors.As(err, &exists) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("creating namespace %s: %w", namespace, err)
	}
	return nil
}

// createSearchAttributes creates what is missing: one that is there with the same
// type stays as it is.
func createSearchAttributes(ctx context.Context, c client.Client, namespace string, created bool) error {
	try := func() error {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: namespace, SearchAttributes: workflows.SearchAttributes(),
		})
		if err != nil {
			return fmt.Errorf("creating search attributes in namespace %s: %w", namespace, err)
		}
		return nil
	}
	if !created {
		return try()
	}
	// All of Temporal has to hear of a new namespace first.
	return untilReady(ctx, try)
}

// untilReady tries again while Temporal is starting, or does not know a new
// namespace everywhere yet.
func untilReady(ctx context.Context, try func() error) error {
	for {
		err := try()
		var away *serviceerror.Unavailable
		var unknown *serviceerror.NamespaceNotFound
		if err == nil || !errors.As(err, &away) && !errors.As(err, &unknown) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}
