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
	"time"
	_ "time/tzdata" // the image has no time zones, and calendars name them

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"idjourney/app"
	"idjourney/config"
	"idjourney/httpserver"
	"idjourney/idwise/idwisetest"
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

// service is a starter or a worker.
type service interface {
	Start(ctx context.Context)
	Wait() error
}

// run connects what the configuration names, and runs a service until it ends. The name is
// the process's in telemetry.
func (o *options) run(ctx context.Context, name string, open func(*app.Base) (service, error)) (err error) {
	cfg, err := config.Load(o.config, os.Environ())
	if err != nil {
		return err
	}
	logger := app.Logger(cfg.Log)
	slog.SetDefault(logger)
	base, err := app.Open(ctx, cfg, logger, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, base.Close()) }() //nolint:contextcheck // what is left to export outlasts ctx
	s, err := open(base)
	if err != nil {
		return err
	}
	s.Start(ctx)
	return s.Wait()
}

func starterCommand(o *options) *cobra.Command {
	return command("starter", "Take IDWise's webhooks and signal or start their journeys; serve the customer's API", "",
		func(ctx context.Context, _ io.Writer) error {
			return o.run(ctx, "idjourney-starter", func(b *app.Base) (service, error) { return app.NewStarter(ctx, b, app.StarterOptions{}) })
		})
}

func workerCommand(o *options) *cobra.Command {
	var admin string
	cmd := command("worker", "Run the journeys: workflows and activities", "", func(ctx context.Context, _ io.Writer) error {
		return o.run(ctx, "idjourney-worker", func(b *app.Base) (service, error) { return app.NewWorker(ctx, b, admin) })
	})
	cmd.Flags().StringVar(&admin, "admin", "127.0.0.1:9091", "where health, readiness and metrics of the worker listen")
	return cmd
}

// healthcheckCommand is what a container's health check runs: the image has no
// shell and no curl.
func healthcheckCommand() *cobra.Command {
	var url string
	var timeout time.Duration
	cmd := command("healthcheck", "Ask a starter or worker on this machine whether it is ready; status 0 if it is", "",
		func(ctx context.Context, _ io.Writer) error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return httpserver.CheckReady(ctx, url)
		})
	cmd.Flags().StringVar(&url, "url", "http://127.0.0.1:9090/readyz", "what is asked; a worker's is http://127.0.0.1:9091/readyz")
	cmd.Flags().DurationVar(&timeout, "timeout", 3*time.Second, "how long the answer may take")
	return cmd
}

func standinCommand() *cobra.Command {
	account := idwisetest.Account{
		Key: os.Getenv("STANDIN_KEY"), Secret: os.Getenv("STANDIN_SECRET"),
		BasicUser: os.Getenv("STANDIN_WEBHOOK_USER"), BasicPassword: os.Getenv("STANDIN_WEBHOOK_PASSWORD"),
	}
	var listen string
	var scale float64
	cmd := command("standin", "Play the vendor: its API, its webhooks, and a control API below /control/",
		"Plays the vendor for people and tests. The API's key and secret, and the webhooks' basic password, come from\n"+
			"STANDIN_KEY, STANDIN_SECRET, STANDIN_WEBHOOK_USER and STANDIN_WEBHOOK_PASSWORD. With STANDIN_GOVERNMENT_TOKEN\n"+
			"it is a register of faces as well, at /government/faces, and with STANDIN_CUSTOMER_SECRET the endpoint that\n"+
			"decisions go to, at /customer/idjourney; /customer/messages lists them.",
		func(ctx context.Context, _ io.Writer) error {
			if account.Key == "" || account.Secret == "" || account.WebhookURL == "" {
				return errors.New("the stand-in needs STANDIN_KEY, STANDIN_SECRET and --webhook, the endpoint's address")
			}
			return app.StandIn(ctx, listen, account, scale, os.Getenv("STANDIN_GOVERNMENT_TOKEN"), os.Getenv("STANDIN_CUSTOMER_SECRET"))
		})
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "where the stand-in listens")
	cmd.Flags().StringVar(&account.WebhookURL, "webhook", "", "where the webhooks go, for example http://127.0.0.1:8080/webhooks/idwise/acme")
	cmd.Flags().StringVar(&account.FlowID, "flow", "flow-onboarding", "id of the flow of journeys that name none")
	cmd.Flags().Float64Var(&scale, "scale", 1, "multiplies the vendor's waits: 0.001 turns 5 minutes into 300 ms")
	return cmd
}
