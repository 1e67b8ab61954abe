package embed

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// readyWithin bounds the wait for a server whose ports are already open; a
// healthy one needs a fraction of a second.
const readyWithin = 30 * time.Second

// awaitReady returns when the namespace answers and has every search attribute.
func awaitReady(ctx context.Context, opts Options) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	c, err := client.NewLazyClient(client.Options{
		HostPort:  loopback(opts.FrontendPort),
		Namespace: opts.Namespace,
		Logger:    sdklog.NewStructuredLogger(opts.Logger),
	})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	defer c.Close()

	describe := &workflowservice.DescribeNamespaceRequest{Namespace: opts.Namespace}
	if err := untilOK(ctx, func() error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, describe)
		return err
	}); err != nil {
		return fmt.Errorf("asking for namespace %q: %w", opts.Namespace, err)
	}
	return EnsureSearchAttributes(ctx, c, opts.Namespace, opts.SearchAttributes)
}

// EnsureSearchAttributes registers what the namespace that c is connected to does
// not know yet, and returns when all are known. One of another type is an error.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string, want map[string]enumspb.IndexedValueType) error {
	missing, err := missingSearchAttributes(ctx, c, namespace, want)
	if err != nil || len(missing) == 0 {
		return err
	}
	if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        namespace,
		SearchAttributes: missing,
	}); err != nil {
		return fmt.Errorf("adding search attributes: %w", err)
	}
	return untilOK(ctx, func() error {
		missing, err := missingSearchAttributes(ctx, c, namespace, want)
		if err == nil && len(missing) > 0 {
			err = fmt.Errorf("%d search attributes are still missing", len(missing))
		}
		return err
	})
}

func missingSearchAttributes(ctx context.Context, c client.Client, namespace string, wanted map[string]enumspb.IndexedValueType) (map[string]enumspb.IndexedValueType, error) {
	known, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("listing search attributes: %w", err)
	}
	missing := make(map[string]enumspb.IndexedValueType)
	for name, want := range wanted {
		got, ok := known.GetCustomAttributes()[name]
		if ok && got != want {
			return nil, fmt.Errorf("search attribute %s is a %s in namespace %s and should be a %s: use another directory or namespace", name, got, namespace, want)
		}
		if !ok {
			missing[name] = want
		}
	}
	return missing, nil
}

// untilOK repeats try until it succeeds or ctx ends, and then says why not.
func untilOK(ctx context.Context, try func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-tick.C:
		}
	}
}
