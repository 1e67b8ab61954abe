package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"idjourney/activities"
	"idjourney/httpserver"
	"idjourney/notify"
	"idjourney/version"
	"idjourney/worker"
	"idjourney/workflows"
)

// Worker runs the journeys: workflows and activities.
type Worker struct {
	running
	base       *Base
	activities *activities.Activities
	admin      net.Listener
	ready      atomic.Bool
}

// NewWorker opens the admin listener, "host:0" for a free port. Nothing runs before Start.
func NewWorker(ctx context.Context, b *Base, admin string) (*Worker, error) {
	a, err := activities.New(b.Config, b.Ledger, notify.NewSender(notify.Config{}), b.Telemetry.Instruments) //nolint:contextcheck // counters need no context
	if err != nil {
		return nil, err
	}
	w := &Worker{base: b, activities: a}
	w.admin, err = listen(ctx, "worker's admin listener", admin)
	return w, err
}

// AdminAddr is host:port of health, readiness and metrics.
func (w *Worker) AdminAddr() string { return addr(w.admin) }

// Start runs the worker, as soon as the ledger and Temporal can be used, until ctx ends, Stop
// is called or it fails. It returns at once; /readyz says when the worker runs.
func (w *Worker) Start(ctx context.Context) { w.start(ctx, w.serveAdmin, w.work) }

func (w *Worker) work(ctx context.Context) error {
	if w.base.migrate(ctx) != nil || w.base.await(ctx, "Temporal", w.checkTemporal) != nil {
		return nil //nolint:nilerr // the process is being stopped
	}
	tasks := worker.New(w.base.Temporal, w.base.Config, w.activities)
	if err := tasks.Start(); err != nil {
		return fmt.Errorf("starting the worker: %w", err)
	}
	w.ready.Store(true)
	w.base.Logger.InfoContext(ctx, "the worker is running", "taskQueue", w.base.Config.TaskQueue)
	<-ctx.Done()
	w.ready.Store(false)
	tasks.Stop()
	return nil
}

// checkTemporal asks for all search attributes: with one missing, a worker's upserts
// would fail their tasks again and again.
func (w *Worker) checkTemporal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return workflows.CheckSearchAttributes(ctx, w.base.Temporal, w.base.Namespace)
}

func (w *Worker) serveAdmin(ctx context.Context) error {
	server := httpserver.Admin(w.readyz, w.base.Telemetry.Handler, w.base.Config.Listen.AdminHosts)
	return httpserver.Run(ctx, "worker's admin listener", server, w.admin, 5*time.Second)
}

func (w *Worker) readyz(rw http.ResponseWriter, _ *http.Request) {
	if !w.ready.Load() {
		http.Error(rw, "the worker is waiting for the ledger or Temporal, or stopping", http.StatusServiceUnavailable)
		return
	}
	_, _ = rw.Write([]byte("ready, version " + version.Of() + "\n"))
}
