package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"idjourney/api"
	"idjourney/ledger"
	"idjourney/starter"
)

func starterCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "starter", Short: "Take IDWise's webhooks and signal or start their journeys", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := open(cmd.Context(), o, "idjourney-starter")
			if err != nil {
				return err
			}
			defer h.close()
			signaler := starter.NewSignaler(h.temporal, h.namespace, h.cfg.TaskQueue)
			forwarder := ledger.NewForwarder(h.ledger, starter.UnlessOver(h.ledger, starter.Forward(signaler, h.telemetry.Instruments, h.telemetry.Tracer)), ledger.ForwarderOptions{
				Concurrency: h.cfg.Forwarder.Concurrency, PollInterval: h.cfg.Forwarder.PollInterval,
				LeaseFor: h.cfg.Forwarder.LeaseFor, Logger: h.logger,
			})
			api, err := customerAPI(h, forwarder)
			if err != nil {
				return err
			}
			s, err := starter.New(starter.Config{
				Accounts: h.cfg.Accounts, Listen: h.cfg.Listen, Intake: h.cfg.Intake,
				Ledger: h.ledger, Signaler: signaler, ReviewOverdueAfter: h.cfg.ReviewOverdue,
				Forwarder: forwarder,
				Audit:     &starter.Auditor{Ledger: h.ledger, Accounts: h.cfg.Accounts, Wake: forwarder.Wake, Logger: h.logger},
				Metrics:   h.telemetry.Handler, Instruments: h.telemetry.Instruments, Tracer: h.telemetry.Tracer, Logger: h.logger,
			})
			if err != nil {
				return err
			}
			return runStarter(cmd.Context(), h, s, api)
		},
	}
}

// runStarter runs the endpoint and, if there is one, the API. If one of them ends, both do.
func runStarter(ctx context.Context, h *house, s *starter.Starter, api *api.API) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if api == nil {
		return s.Run(ctx)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", h.cfg.Listen.API)
	if err != nil {
		return fmt.Errorf("opening the API listener: %w", err)
	}
	h.logger.InfoContext(ctx, "the API listens", "api", listener.Addr().String(), "tokens", len(h.cfg.API.Tokens))
	served := make(chan error, 1)
	go func() { defer stop(); served <- api.Serve(ctx, listener, h.cfg.Intake) }()
	err = s.Run(ctx)
	stop()
	return errors.Join(err, <-served)
}
