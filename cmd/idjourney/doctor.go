package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/config"
	"idjourney/doctor"
	"idjourney/ledger"
	"idjourney/workflows"
)

// errUnwell makes the doctor's exit status 1; the rows have said what is wrong.
var errUnwell = errors.New("something is wrong: see the rows above")

func doctorCommand(o *options) *cobra.Command {
	var account, journeyID string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Try what an account depends on, and say what is confirmed, guessed or wrong",
		Long: "Tries IDWise's API (credentials, address, every path that reads), the ledger, Temporal with its search attributes,\n" +
			"the government's source and the customer's endpoints. It changes nothing and sends no data. Exit status 1 if anything is wrong.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.LoadUnconfirmed(o.config, os.Environ())
			if err != nil {
				return err
			}
			a, ok := cfg.Account(account)
			if !ok {
				return fmt.Errorf("the configuration has no account %q: name one of %s with --account", account, accountNames(cfg))
			}
			t := temporalDoctor{}
			defer t.close()
			rows := doctor.Run(cmd.Context(), doctor.Config{
				Account: a, JourneyID: journeyID, Timeout: timeout,
				Ledger:   func(ctx context.Context) (string, error) { return lookAtLedger(ctx, cfg.Ledger.URL.Reveal(), account) },
				Temporal: t.namespace, Attributes: t.attributes,
			})
			if err := printRows(cmd.OutOrStdout(), rows); err != nil {
				return err
			}
			if doctor.Failed(rows) {
				return errUnwell
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account, as the configuration names it (required)")
	cmd.Flags().StringVar(&journeyID, "journey", "", "id of a journey that IDWise knows: only so can a guessed path be confirmed")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long each look may take")
	_ = cmd.MarkFlagRequired("account") // fails only for a flag that is not there
	return cmd
}

func accountNames(cfg *config.Config) string {
	names := make([]string, len(cfg.Accounts))
	for i, a := range cfg.Accounts {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

func printRows(out io.Writer, rows []doctor.Row) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", r.State, r.Subject, r.Detail)
		if r.Todo != "" {
			_, _ = fmt.Fprintf(t, "\t\t-> %s\n", strings.ReplaceAll(r.Todo, "\n", "\n\t\t   "))
		}
	}
	return t.Flush() // the errors of the lines above are kept for here
}

// lookAtLedger does not make a file: that would look like a ledger to the next one.
func lookAtLedger(ctx context.Context, url, account string) (string, error) {
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil {
			return "", errors.New("there is no ledger yet at " + file)
		}
	}
	l, err := ledger.Open(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	if err := l.Ping(ctx); err != nil {
		return "", err
	}
	counts, err := l.WebhookCounts(ctx, account)
	if err != nil {
		return "", err
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	return fmt.Sprintf("can be written, its schema is current; it holds %d webhooks of this account", total), nil
}

// temporalDoctor connects on the first look, so that a connection that is
// configured wrongly is a row like any other.
type temporalDoctor struct {
	client client.Client
	name   string
}

func (t *temporalDoctor) connect() (err error) {
	if t.client == nil {
		t.client, t.name, err = app.Connect(slog.New(slog.DiscardHandler), nil)
	}
	return err
}

func (t *temporalDoctor) namespace(ctx context.Context) (string, error) {
	if err := t.connect(); err != nil {
		return "", err
	}
	found, err := t.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.name})
	if err != nil {
		return "", fmt.Errorf("looking for namespace %s: %w", t.name, err)
	}
	return fmt.Sprintf("namespace %s is there; closed workflows stay for %s", t.name,
		found.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()), nil
}

func (t *temporalDoctor) attributes(ctx context.Context) (string, error) {
	if err := t.connect(); err != nil {
		return "", err
	}
	if err := workflows.CheckSearchAttributes(ctx, t.client, t.name); err != nil {
		return "", err
	}
	return fmt.Sprintf("all %d are there", len(workflows.SearchAttributes())), nil
}

func (t *temporalDoctor) close() {
	if t.client != nil {
		t.client.Close()
	}
}
