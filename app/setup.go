package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"idjourney/workflows"
)

// Setup creates the search attributes that are missing in the namespace and, if create
// is true, first the namespace, which keeps closed workflows for the retention. What is
// there already stays as it is.
func Setup(ctx context.Context, c client.Client, namespace string, create bool, retention time.Duration) error {
	if !create {
		return createSearchAttributes(ctx, c, namespace)
	}
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
	// All of Temporal's services have to learn of a new namespace first.
	return untilReady(ctx, func() error { return createSearchAttributes(ctx, c, namespace) })
}

func createSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: workflows.SearchAttributes(),
	})
	if err != nil {
		return fmt.Errorf("creating search attributes in namespace %s: %w", namespace, err)
	}
	return nil
}

// untilReady tries again while Temporal is starting, or while a new namespace is not
// known to all of its services.
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
