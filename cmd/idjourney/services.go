package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"idjourney/app"
	"idjourney/config"
	"idjourney/httpserver"
	"idjourney/idwise/idwisetest"
)

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
