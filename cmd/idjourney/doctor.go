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

	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/config"
	"idjourney/doctor"
)

// errUnhealthy makes the exit status 1; the rows say what is wrong.
var errUnhealthy = errors.New("something is wrong: see the rows above")

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
			t := doctor.NewTemporal(func() (client.Client, string, error) { return app.Connect(slog.New(slog.DiscardHandler), nil) })
			defer t.Close()
			rows := doctor.Run(cmd.Context(), doctor.Config{
				Account: a, JourneyID: journeyID, Timeout: timeout, Temporal: t.Namespace, Attributes: t.Attributes,
				Ledger: func(ctx context.Context) (string, error) { return doctor.Ledger(ctx, cfg.Ledger.URL.Reveal(), account) },
			})
			if err := printRows(cmd.OutOrStdout(), rows); err != nil {
				return err
			}
			if doctor.Failed(rows) {
				return errUnhealthy
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account, as the configuration names it (required)")
	cmd.Flags().StringVar(&journeyID, "journey", "", "id of a journey that IDWise knows: needed to confirm a guessed path")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long each check may take")
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
	return t.Flush() // returns the errors of the lines above, too
}
