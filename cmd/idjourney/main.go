// Command idjourney is the customer's side of identity verification: the webhook
// endpoint (starter), the Temporal worker, and what an operator needs around them.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no time zones, and calendars name them

	"github.com/spf13/cobra"

	"idjourney/app"
	"idjourney/config"
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

// options are the flags that every command has.
type options struct{ config string }

// open reads the configuration and connects what it names; the service is the
// process's name in telemetry.
func (o *options) open(ctx context.Context, service string) (*app.Base, error) {
	cfg, err := config.Load(o.config, os.Environ())
	if err != nil {
		return nil, err
	}
	logger := app.Logger(cfg.Log)
	slog.SetDefault(logger)
	return app.Open(ctx, cfg, logger, service)
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
	cmd.AddCommand(starterCommand(o), workerCommand(o), setupCommand(), migrateCommand(o), reviewCommand(), standinCommand(), configCommand(o), versionCommand(), healthcheckCommand())
	cmd.AddCommand(doctorCommand(o), notifyCommand(), importCommand(o), refreshCommand(), replayCommand(), exportCommand())
	return cmd
}
