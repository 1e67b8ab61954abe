package world

import (
	"context"
	"time"

	"idjourney/app"
	"idjourney/config"
	"idjourney/telemetry"
	"idjourney/version"
)

// setUpTelemetry follows OTEL_* as the product does; its metrics are at /metrics.
func (w *World) setUpTelemetry(ctx context.Context, _ *doors) (err error) {
	w.telemetry, err = telemetry.Setup(ctx, telemetry.Config{
		Service: "idjourney-demo", Version: version.Of(), Logger: w.opts.Logger, Spans: w.opts.Spans,
	})
	if err != nil {
		return err
	}
	w.undo(func() error {
		// A collector that is away must not delay the end.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return w.telemetry.Shutdown(ctx)
	})
	return nil
}

func (w *World) inProcess() bool { return w.opts.Topology == nil && w.opts.Binary == "" }

// startProduct starts starter and worker in this process or in the topology's.
func (w *World) startProduct(ctx context.Context, d *doors) (err error) {
	if w.opts.Binary != "" {
		return nil
	}
	if top := w.opts.Topology; top != nil {
		w.Config.Ledger.URL = config.NewLedgerURL(top.ofStarter("IDJOURNEY_LEDGER_URL"))
	}
	if w.Ledger, err = app.OpenLedger(ctx, w.Config); err != nil {
		return err
	}
	w.undo(w.Ledger.Close)
	if top := w.opts.Topology; top != nil {
		return top.run(ctx, w.ConfigFile, w.Keys.environ())
	}
	return w.startApp(ctx, d)
}

// startApp starts starter and worker on one base, as a process of each has one.
func (w *World) startApp(ctx context.Context, d *doors) error {
	base := &app.Base{
		Config: w.Config, Logger: w.opts.Logger, Telemetry: w.telemetry, Ledger: w.Ledger, Temporal: w.Client, Namespace: w.Namespace,
	}
	worker, err := app.NewWorker(ctx, base, loopback+":0")
	if err != nil {
		return err
	}
	starter, err := app.NewStarter(ctx, base, app.StarterOptions{
		Public: d.public, Admin: d.admin, API: d.api, AuditInterval: 250 * time.Millisecond, // the demo's days are seconds
	})
	if err != nil {
		return err
	}
	w.WorkerAdminURL = "http://" + worker.AdminAddr()
	for _, part := range []interface {
		Start(ctx context.Context)
		Stop() error
	}{worker, starter} {
		part.Start(context.WithoutCancel(ctx))
		w.undo(part.Stop)
	}
	return nil
}
