package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"idjourney/activities"
	"idjourney/config"
	"idjourney/government/governmenttest"
	"idjourney/httpserver"
	"idjourney/idwise/idwisetest"
	"idjourney/notify"
	"idjourney/notify/notifytest"
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

// StandIn plays IDWise for one account until ctx ends and, for a trial run, the others that
// a journey talks to: a government's register if it has a token, and a customer's endpoint,
// with a list of what it received, if it has a secret. The scale multiplies IDWise's waits.
func StandIn(ctx context.Context, address string, account idwisetest.Account, scale float64, registerToken, customerSecret string) error {
	vendor := idwisetest.New(idwisetest.Config{Accounts: []idwisetest.Account{account}, Scale: scale, Logger: slog.Default()})
	defer vendor.Close()
	mux := http.NewServeMux()
	mux.Handle("/", vendor)
	if registerToken != "" {
		mux.Handle("POST /government/faces", governmenttest.New(registerToken))
	}
	if customerSecret != "" {
		customer, err := notifytest.New(customerSecret)
		if err != nil {
			return fmt.Errorf("STANDIN_CUSTOMER_SECRET: %w", err)
		}
		mux.Handle("POST /customer/idjourney", customer)
		mux.HandleFunc("GET /customer/messages", func(w http.ResponseWriter, _ *http.Request) {
			bodies := []json.RawMessage{}
			for _, m := range customer.Messages() {
				bodies = append(bodies, m.Body)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(bodies) // fails only if the reader has disconnected
		})
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	slog.Info("the stand-in vendor listens", "address", address)
	server := httpserver.New(mux, config.Intake{ReadHeaderTimeout: 5 * time.Second})
	return httpserver.Run(ctx, "stand-in", server, listener, 5*time.Second)
}
