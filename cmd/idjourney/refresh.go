package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	batchpb "go.temporal.io/api/batch/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"idjourney/app"
	"idjourney/journey"
)

// refreshSignal needs no account and no id, so that one text is for every journey.
var refreshSignal = []byte(`{"type":"refresh"}`)

func refreshCommand() *cobra.Command {
	var account, id, query, reason string
	var within time.Duration
	cmd := &cobra.Command{
		Use:   "refresh",
		Short: "Let one journey, or every running one that a query finds, look at IDWise now",
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
			said := "1 journey was asked to look"
			if query != "" {
				said, err = refreshAll(ctx, c, namespace, query, reason)
			} else {
				err = c.SignalWorkflow(ctx, journey.WorkflowID(account, id), "", journey.SignalEvent, converter.NewRawValue(refreshPayload()))
			}
			if err != nil {
				return fmt.Errorf("asking for a look at IDWise: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), said)
			return err
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account's name")
	cmd.Flags().StringVar(&id, "journey", "", "IDWise's journey id")
	cmd.Flags().StringVar(&query, "query", "", `which journeys, for example JourneyAttention = "vendor_unreachable"`)
	cmd.Flags().StringVar(&reason, "reason", "idjourney refresh", "why; stands in the batch of --query")
	cmd.Flags().DurationVar(&within, "within", 10*time.Minute, "how long a batch is waited for; it goes on without")
	cmd.MarkFlagsRequiredTogether("account", "journey")
	cmd.MarkFlagsOneRequired("journey", "query")
	cmd.MarkFlagsMutuallyExclusive("journey", "query")
	return cmd
}

func refreshPayload() *commonpb.Payload {
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)}, Data: refreshSignal,
	}
}

// refreshAll starts the batch, waits for its end and says what became of it.
func refreshAll(ctx context.Context, c client.Client, namespace, query, reason string) (string, error) {
	job := "refresh-" + rand.Text()
	who, err := os.Hostname()
	if err != nil {
		who = "idjourney"
	}
	_, err = c.WorkflowService().StartBatchOperation(ctx, &workflowservice.StartBatchOperationRequest{
		Namespace: namespace, JobId: job, Reason: reason,
		VisibilityQuery: fmt.Sprintf(`WorkflowType = %q AND ExecutionStatus = "Running" AND (%s)`, journey.WorkflowName, query),
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{SignalOperation: &batchpb.BatchOperationSignal{
			Signal: journey.SignalEvent, Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{refreshPayload()}}, Identity: who,
		}},
	})
	if err != nil {
		return "", err
	}
	for {
		b, err := c.WorkflowService().DescribeBatchOperation(ctx, &workflowservice.DescribeBatchOperationRequest{Namespace: namespace, JobId: job})
		if err != nil {
			return "", fmt.Errorf("looking after batch %s: %w", job, err)
		}
		said := fmt.Sprintf("%d of %d journeys were asked to look", b.GetCompleteOperationCount(), b.GetTotalOperationCount())
		switch b.GetState() {
		case enumspb.BATCH_OPERATION_STATE_COMPLETED:
			if n := b.GetFailureOperationCount(); n > 0 {
				return "", fmt.Errorf("%s, %d did not take it: batch %s in the Web UI", said, n, job)
			}
			return said, nil
		case enumspb.BATCH_OPERATION_STATE_FAILED:
			return "", errors.New("the batch failed: " + job)
		default: // it runs
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%s so far, and batch %s goes on: %w", said, job, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
