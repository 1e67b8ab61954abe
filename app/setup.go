package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"idjourney/config"
	"idjourney/doctor"
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
