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

// Setup creates the search attributes that the namespace lacks and, if create is true, first
// the namespace, which keeps closed workflows for the retention. What exists stays as it is.
func Setup(ctx context.Context, c client.Client, namespace string, create bool, retention time.Duration) error {
	if !create {
		return createSearchAttributes(ctx, c, namespace)
	}
	err := untilReady(ctx, func() error {
		_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
			Description: "identity-verification journeys",
		})
		if _, exists := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); exists {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("creating namespace %s: %w", namespace, err)
	}
	// A new namespace reaches all of Temporal's services only after a moment.
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

// untilReady tries again while Temporal is starting, or a new namespace has not reached all
// of its services.
func untilReady(ctx context.Context, try func() error) error {
	for {
		err := try()
		_, away := errors.AsType[*serviceerror.Unavailable](err)
		_, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err)
		if !away && !unknown || pause(ctx, 500*time.Millisecond) != nil {
			return err
		}
	}
}
