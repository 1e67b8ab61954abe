package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"idjourney/activities"
	"idjourney/notify"
	"idjourney/worker"
	"idjourney/workflows"
)

func workerCommand(o *options) *cobra.Command {
	var admin string
	cmd := &cobra.Command{
		Use: "worker", Short: "Run the journeys: workflows and activities", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := open(cmd.Context(), o, "idjourney-worker")
			if err != nil {
				return err
			}
			defer h.close()
			return runWorker(cmd.Context(), h, admin)
		},
	}
	cmd.Flags().StringVar(&admin, "admin", "127.0.0.1:9091", "where health, readiness and metrics of the worker listen")
	return cmd
}

func runWorker(ctx context.Context, h *house, admin string) error {
	a, err := activities.New(h.cfg, h.ledger, notify.NewSender(notify.Config{}), h.telemetry.Instruments) //nolint:contextcheck // counters at 0 wait for nobody
	if err != nil {
		return err
	}
	var ready atomic.Bool
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", admin)
	if err != nil {
		return fmt.Errorf("opening the worker's admin listener, --admin: %w", err)
	}
	server := &http.Server{Handler: workerAdmin(h, &ready), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serving the worker's admin listener: %w", err)
		}
	}()
	defer func() { _ = server.Close() }()
	if !awaitTemporal(ctx, h) {
		return nil
	}
	w := worker.New(h.temporal, h.cfg, a)
	if err := w.Start(); err != nil {
		return fmt.Errorf("starting the worker: %w", err)
	}
	ready.Store(true)
	h.logger.Info("the worker is running", "taskQueue", h.cfg.TaskQueue)
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	ready.Store(false)
	w.Stop()
	return err
}

// awaitTemporal waits until Temporal is there and has all search attributes: with
// one missing, a worker's upserts would fail their tasks again and again. False
// means that the process is being stopped.
func awaitTemporal(ctx context.Context, h *house) bool {
	for said := ""; ; {
		look, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := workflows.CheckSearchAttributes(look, h.temporal, h.namespace)
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() == nil && said != err.Error() {
			said = err.Error()
			h.logger.Warn("the worker waits for Temporal", "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Second):
		}
	}
}

func workerAdmin(h *house, ready *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			http.Error(w, "the worker is waiting for Temporal or stopping", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	mux.Handle("GET /metrics", h.telemetry.Handler)
	return mux
}
