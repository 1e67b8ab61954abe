package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/config"
	"idjourney/importer"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/workflows"
)

func configCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check, print and explain the configuration"}
	cmd.AddCommand(
		command("check", "Check the configuration, and report everything that is wrong with it", "",
			func(_ context.Context, out io.Writer) error {
				cfg, err := config.Load(o.config, os.Environ())
				if err != nil {
					return err
				}
				for _, warning := range cfg.Warnings() {
					if _, err := fmt.Fprintln(out, "warning:", warning); err != nil {
						return err
					}
				}
				_, err = fmt.Fprintf(out, "%s: can be used; accounts: %d\n", o.config, len(cfg.Accounts))
				return err
			}),
		command("print", "Print the effective configuration, without secrets", "", func(_ context.Context, out io.Writer) error {
			cfg, err := o.load()
			if err != nil {
				return err
			}
			return cfg.Print(out)
		}),
		command("reference", "Print the reference of every key, as Markdown", "",
			func(_ context.Context, out io.Writer) error { return config.Reference(out) }),
	)
	return cmd
}

func setupCommand() *cobra.Command {
	var create bool
	var retention, within time.Duration
	cmd := command("setup", "Create the search attributes in the namespace of TEMPORAL_NAMESPACE, and on request the namespace",
		"Creates what is missing and changes nothing that is there: it may run again at every start.\n"+
			"On Temporal Cloud create the namespace there, and leave --create-namespace out.",
		func(ctx context.Context, out io.Writer) error {
			ctx, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			err := withTemporal(func(c client.Client, namespace string) error { return app.Setup(ctx, c, namespace, create, retention) })
			if err != nil {
				return err
			}
			attributes := workflows.SearchAttributes()
			for _, name := range slices.Sorted(maps.Keys(attributes)) {
				if _, err := fmt.Fprintf(out, "%s: %s\n", name, attributes[name]); err != nil {
					return err
				}
			}
			return nil
		})
	cmd.Flags().BoolVar(&create, "create-namespace", false, "create the namespace first, if it is not there")
	cmd.Flags().DurationVar(&retention, "retention", 30*24*time.Hour, "how long a namespace that is created keeps closed workflows")
	cmd.Flags().DurationVar(&within, "within", time.Minute, "how long all of it may take")
	return cmd
}

func migrateCommand(o *options) *cobra.Command {
	return command("migrate", "Bring the ledger's schema up to date; starter and worker do so themselves", "",
		func(ctx context.Context, _ io.Writer) error {
			return o.withLedger(ctx, func(*config.Config, *ledger.Ledger) error { return nil })
		})
}

func doctorCommand(o *options) *cobra.Command {
	var account, journeyID string
	var timeout time.Duration
	cmd := command("doctor", "Try what an account depends on, and say what is confirmed, guessed or wrong",
		"Tries IDWise's API (credentials, address, every path that reads), the ledger, Temporal with its search attributes,\n"+
			"the government's source and the customer's endpoints. It changes nothing and sends no data. Exit status 1 if anything is wrong.",
		func(ctx context.Context, out io.Writer) error {
			cfg, err := o.load()
			if err != nil {
				return err
			}
			return app.Doctor(ctx, out, cfg, account, journeyID, timeout)
		})
	cmd.Flags().StringVar(&account, "account", "", "the account, as the configuration names it (required)")
	cmd.Flags().StringVar(&journeyID, "journey", "", "id of a journey that IDWise knows: needed to confirm a guessed path")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long each check may take")
	require(cmd, "account")
	return cmd
}

func notifyCommand() *cobra.Command {
	var types []string
	var to, secretEnv string
	sample := command("sample", "Send one signed sample of each type of message to an endpoint",
		"Sends the example of each type, signed as in production, with a new webhook-id. The content is made up. The secret,\n"+
			"whsec_ and base64, comes from the environment variable that --secret-env names. Exit status 1 if any is not taken.",
		func(ctx context.Context, out io.Writer) error {
			endpoint := notify.Endpoint{Name: "sample", URL: to, Secrets: strings.Fields(os.Getenv(secretEnv))}
			err := notify.SendSamples(ctx, out, endpoint, types)
			if errors.Is(err, notify.ErrNoSecret) {
				err = fmt.Errorf("%w: set %s, or name another variable by --secret-env", err, secretEnv)
			}
			return err
		})
	sample.Flags().StringSliceVar(&types, "type", nil, "only this type, for example journey.decided; again for more (default: all)")
	sample.Flags().StringVar(&to, "to", "", "address of the endpoint (required)")
	sample.Flags().StringVar(&secretEnv, "secret-env", "CORE_WEBHOOK_SECRET", "environment variable with the signing secret, or two with a space between")
	require(sample, "to")
	cmd := &cobra.Command{Use: "notify", Short: "Try out what leaves for your systems"}
	cmd.AddCommand(sample)
	return cmd
}

func importCommand(o *options) *cobra.Command {
	var perSecond float64
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take up customers from before idjourney: adopt journeys that were decided already",
		Long: "Reads CSV with the header account,journeyId,reference, or JSON lines with these keys. All lines are checked before the\n" +
			"first is taken; faulty ones are named by their number. Each becomes an event in the ledger, by which the starter begins\n" +
			"its journey: IDWise is asked once, and its decision is adopted (journey.adopted), not reported as a new one.\n" +
			"It may be stopped and repeated at any time: what is in the ledger already is passed over.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if perSecond <= 0 {
				return errors.New("--rate must be above 0")
			}
			return o.withLedger(cmd.Context(), func(cfg *config.Config, l *ledger.Ledger) error {
				return importer.Import(cmd.Context(), cfg, l, args[0], perSecond, cmd.OutOrStdout())
			})
		},
	}
	cmd.Flags().Float64Var(&perSecond, "rate", 5, "how many journeys to begin a second: each is one request to IDWise's API")
	return cmd
}
