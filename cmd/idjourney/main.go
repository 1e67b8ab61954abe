// Command idjourney is the customer's side of identity verification: the webhook
// endpoint (starter), the Temporal worker, and what an operator needs around them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no time zones, and calendars name them

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "idjourney:", err)
		stop()
		os.Exit(1)
	}
}

func root() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:           "idjourney",
		Short:         "Identity-verification journeys as durable workflows",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.PersistentFlags().StringVar(&o.config, "config", os.Getenv("IDJOURNEY_CONFIG"), "the configuration file (or IDJOURNEY_CONFIG)")
	cmd.AddCommand(starterCommand(o), workerCommand(o), healthcheckCommand(), standinCommand())
	cmd.AddCommand(configCommand(o), setupCommand(), migrateCommand(o), doctorCommand(o), notifyCommand(), importCommand(o))
	cmd.AddCommand(reviewCommand(), refreshCommand(), replayCommand(), exportCommand())
	cmd.AddCommand(command("version", "Say which build this is, and which rules and state it knows", "",
		func(_ context.Context, out io.Writer) error {
			_, err := fmt.Fprintf(out, "idjourney %s, rules %d, state %d\n", version.Of(), journey.Rules, journey.StateVersion)
			return err
		}))
	return cmd
}

// command is a command without arguments.
func command(use, short, long string, run func(ctx context.Context, out io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), cmd.OutOrStdout()) },
	}
}

// require marks flags as required.
func require(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = cmd.MarkFlagRequired(name) // fails only for a flag that does not exist
	}
}

// options are the flags that every command has.
type options struct{ config string }

// load reads the configuration for a command that does no work of a live account, so that
// its paths may be unconfirmed.
func (o *options) load() (*config.Config, error) {
	return config.LoadUnconfirmed(o.config, os.Environ())
}

// withLedger opens the configured ledger, brings its schema up to date, and uses it.
func (o *options) withLedger(ctx context.Context, use func(*config.Config, *ledger.Ledger) error) error {
	cfg, err := o.load()
	if err != nil {
		return err
	}
	l, err := app.OpenLedger(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(use(cfg, l), l.Close())
}

// withTemporal connects to the namespace of TEMPORAL_NAMESPACE and uses it.
func withTemporal(use func(c client.Client, namespace string) error) error {
	c, namespace, err := app.Connect(slog.Default(), nil)
	if err != nil {
		return err
	}
	defer c.Close()
	return use(c, namespace)
}
