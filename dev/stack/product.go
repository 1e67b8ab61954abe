package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"idjourney/activities"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/starter"
	"idjourney/telemetry"
	"idjourney/worker"
)

// setUpTelemetry follows OTEL_* as the product does; its metrics are at /metrics.
func (s *Stack) setUpTelemetry(ctx context.Context, _ *doors) (err error) {
	s.telemetry, err = telemetry.Setup(ctx, telemetry.Config{Service: "idjourney-demo", Logger: s.opts.Logger, Spans: s.opts.Spans})
	if err != nil {
		return err
	}
	s.undo(func() error {
		// A collector that is away must not hold up the end.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return s.telemetry.Shutdown(ctx)
	})
	return nil
}

// startProduct starts what the binary's commands starter and worker start.
func (s *Stack) startProduct(ctx context.Context, d *doors) (err error) {
	if s.opts.Outside != nil {
		return s.runOutside(ctx)
	}
	if s.Ledger, err = ledger.Open(ctx, s.Config.Ledger.URL.Reveal()); err != nil {
		return err
	}
	s.undo(s.Ledger.Close)
	if err := s.Ledger.Migrate(ctx); err != nil {
		return fmt.Errorf("migrating the ledger: %w", err)
	}
	if err := s.startWorker(); err != nil { //nolint:contextcheck // counters at 0 wait for nobody
		return err
	}
	return s.startStarter(ctx, d)
}

func (s *Stack) startWorker() error {
	a, err := activities.New(s.Config, s.Ledger, notify.NewSender(notify.Config{}), s.telemetry.Instruments)
	if err != nil {
		return err
	}
	w := worker.New(s.Client, s.Config, a)
	if err := w.Start(); err != nil {
		return fmt.Errorf("starting the worker: %w", err)
	}
	s.undo(func() error { w.Stop(); return nil })
	return nil
}

func (s *Stack) startStarter(ctx context.Context, d *doors) error {
	signaler := starter.NewSignaler(s.Client, s.Namespace, s.Config.TaskQueue)
	f := s.Config.Forwarder
	forward := starter.UnlessOver(s.Ledger, starter.Forward(signaler, s.telemetry.Instruments, s.telemetry.Tracer))
	forwarder := ledger.NewForwarder(s.Ledger, forward, ledger.ForwarderOptions{
		Concurrency: f.Concurrency, PollInterval: f.PollInterval, LeaseFor: f.LeaseFor,
		KeepContent: s.Config.Ledger.KeepContent, Logger: s.opts.Logger,
	})
	api, err := s.customerAPI(forwarder)
	if err != nil {
		return err
	}
	endpoint, err := starter.New(starter.Config{ //nolint:contextcheck // counters at 0 wait for nobody
		Accounts: s.Config.Accounts, Intake: s.Config.Intake,
		Ledger: s.Ledger, Signaler: signaler, ReviewOverdueAfter: s.Config.ReviewOverdue, Logger: s.opts.Logger,
		Metrics: s.telemetry.Handler, Instruments: s.telemetry.Instruments, Tracer: s.telemetry.Tracer,
		Forwarder: forwarder,
		Audit: &starter.Auditor{
			Ledger: s.Ledger, Accounts: s.Config.Accounts, Wake: forwarder.Wake, Logger: s.opts.Logger,
			Interval: 250 * time.Millisecond, // the demo's days are seconds
		},
	})
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 2)
	go func() { ended <- endpoint.Serve(serving, d.public, d.admin) }()
	go func() { ended <- api.Serve(serving, d.api, s.Config.Intake) }()
	s.undo(func() error { stop(); return errors.Join(<-ended, <-ended) })
	return nil
}

// awaitReady returns when /readyz is green.
func (s *Stack) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.Ready(ctx, "")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for /readyz: %w", errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// Ready asks the starter's /readyz with a query, "" or for example
// "exclude=temporal", and returns nil if it is green.
func (s *Stack) Ready(ctx context.Context, query string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.AdminURL+"/readyz?"+query, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %s", resp.Status)
	}
	return nil
}
