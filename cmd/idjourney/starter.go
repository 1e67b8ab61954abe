package main

import (
	"errors"

	"github.com/spf13/cobra"

	"idjourney/app"
)

func starterCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "starter", Short: "Take IDWise's webhooks and signal or start their journeys; serve the customer's API", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			base, err := o.open(cmd.Context(), "idjourney-starter")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, base.Close()) }()
			s, err := app.NewStarter(cmd.Context(), base, app.StarterOptions{})
			if err != nil {
				return err
			}
			s.Start(cmd.Context())
			return s.Wait()
		},
	}
}

func workerCommand(o *options) *cobra.Command {
	var admin string
	cmd := &cobra.Command{
		Use: "worker", Short: "Run the journeys: workflows and activities", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			base, err := o.open(cmd.Context(), "idjourney-worker")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, base.Close()) }()
			w, err := app.NewWorker(cmd.Context(), base, admin)
			if err != nil {
				return err
			}
			w.Start(cmd.Context())
			return w.Wait()
		},
	}
	cmd.Flags().StringVar(&admin, "admin", "127.0.0.1:9091", "where health, readiness and metrics of the worker listen")
	return cmd
}
