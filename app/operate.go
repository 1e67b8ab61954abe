package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	batchpb "go.temporal.io/api/batch/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/durationpb"

	"idjourney/config"
	"idjourney/doctor"
	"idjourney/journey"
	"idjourney/workflows"
)

// refreshSignal has no account and no id: it is the same for every journey.
var refreshSignal = &commonpb.Payload{
	Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)}, Data: []byte(`{"type":"refresh"}`),
}

// Refresh makes one running journey ask IDWise again.
func Refresh(ctx context.Context, c client.Client, account, journeyID string) error {
	return c.SignalWorkflow(ctx, journey.WorkflowID(account, journeyID), "", journey.SignalEvent, converter.NewRawValue(refreshSignal))
}

// RefreshAll makes every running journey that the query finds ask IDWise again. It starts one
// batch operation at Temporal, waits for its end and reports it.
func RefreshAll(ctx context.Context, c client.Client, namespace, query, reason string) (string, error) {
	job := "refresh-" + rand.Text()
	who, err := os.Hostname()
	if err != nil {
		who = "idjourney"
	}
	_, err = c.WorkflowService().StartBatchOperation(ctx, &workflowservice.StartBatchOperationRequest{
		Namespace: namespace, JobId: job, Reason: reason,
		VisibilityQuery: fmt.Sprintf(`WorkflowType = %q AND ExecutionStatus = "Running" AND (%s)`, journey.WorkflowName, query),
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{SignalOperation: &batchpb.BatchOperationSignal{
			Signal: journey.SignalEvent, Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{refreshSignal}}, Identity: who,
		}},
	})
	if err != nil {
		return "", err
	}
	for {
		b, err := c.WorkflowService().DescribeBatchOperation(ctx, &workflowservice.DescribeBatchOperationRequest{Namespace: namespace, JobId: job})
		if err != nil {
			return "", fmt.Errorf("reading the state of batch %s: %w", job, err)
		}
		said := fmt.Sprintf("%d of %d journeys were refreshed", b.GetCompleteOperationCount(), b.GetTotalOperationCount())
		switch b.GetState() {
		case enumspb.BATCH_OPERATION_STATE_COMPLETED:
			if n := b.GetFailureOperationCount(); n > 0 {
				return "", fmt.Errorf("%s, %d did not take it: see batch %s in the Web UI", said, n, job)
			}
			return said, nil
		case enumspb.BATCH_OPERATION_STATE_FAILED:
			return "", errors.New("the batch failed: " + job)
		default: // it runs
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return "", fmt.Errorf("%s so far, and batch %s continues: %w", said, job, err)
		}
	}
}

// Review decides a local review of a journey, and writes what was decided. Without the
// review's id it decides the one that is open, after writing what it is about.
func Review(ctx context.Context, out io.Writer, c client.Client, account, journeyID string, r journey.Reviewed) error {
	workflow := journey.WorkflowID(account, journeyID)
	if r.Review == "" {
		var s journey.State
		answer, err := c.QueryWorkflow(ctx, workflow, "", journey.QueryState)
		if err == nil {
			err = answer.Get(&s)
		}
		if err != nil {
			return fmt.Errorf("asking journey %s of account %s for its review: %w", journeyID, account, err)
		}
		open := s.Reviews.Open
		if open == nil {
			return fmt.Errorf("journey %s of account %s has no review open", journeyID, account)
		}
		if _, err := fmt.Fprintf(out, "review %s: %s, %s\n", open.ID, open.Kind, open.Reason); err != nil {
			return err
		}
		r.Review = open.ID
	}
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflow, UpdateName: journey.UpdateReview, Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("reviewing journey %s of account %s: %w", journeyID, account, err)
	}
	_, err = fmt.Fprintf(out, "journey %s: %s, decided by %s\n", journeyID, r.Outcome, r.Actor)
	return err
}

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

// Doctor checks what an account depends on, and writes a row for each check. It returns an
// error if anything is wrong. The journey is one that IDWise knows; it may be empty.
func Doctor(ctx context.Context, out io.Writer, cfg *config.Config, account, journeyID string, timeout time.Duration) error {
	a, ok := cfg.Account(account)
	if !ok {
		var names []string
		for _, known := range cfg.Accounts {
			names = append(names, known.Name)
		}
		return fmt.Errorf("the configuration has no account %q: name one of %s with --account", account, strings.Join(names, ", "))
	}
	t := doctor.NewTemporal(func() (client.Client, string, error) { return Connect(slog.New(slog.DiscardHandler), nil) })
	defer t.Close()
	rows := doctor.Run(ctx, doctor.Config{
		Account: a, JourneyID: journeyID, Timeout: timeout, Temporal: t.Namespace, Attributes: t.Attributes,
		Ledger: func(ctx context.Context) (string, error) { return doctor.Ledger(ctx, cfg.Ledger.URL.Reveal(), account) },
	})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", r.State, r.Subject, r.Detail)
		if r.Todo != "" {
			_, _ = fmt.Fprintf(w, "\t\t-> %s\n", strings.ReplaceAll(r.Todo, "\n", "\n\t\t   "))
		}
	}
	if err := w.Flush(); err != nil { // returns the errors of the lines above, too
		return err
	}
	if doctor.Failed(rows) {
		return errors.New("something is wrong: see the rows above")
	}
	return nil
}
