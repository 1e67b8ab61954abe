package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"

	"idjourney/config"
	"idjourney/ledger"
	"idjourney/telemetry"
)

// house is what starter and worker both stand on.
type house struct {
	cfg       *config.Config
	logger    *slog.Logger
	ledger    *ledger.Ledger
	telemetry *telemetry.Telemetry
	temporal  client.Client
	namespace string
}

// open reads the configuration and connects what it names. Temporal is connected
// lazily: the endpoint takes webhooks before Temporal is there.
func open(ctx context.Context, o *options, service string) (*house, error) {
	cfg, err := config.Load(o.config, os.Environ())
	if err != nil {
		return nil, err
	}
	h := &house{cfg: cfg, logger: logger(cfg.Log)}
	slog.SetDefault(h.logger)
	if h.telemetry, err = telemetry.Setup(ctx, telemetry.Config{Service: service, Logger: h.logger}); err != nil {
		return nil, fmt.Errorf("setting up telemetry: %w", err)
	}
	if h.ledger, err = ledger.Open(ctx, cfg.Ledger.URL.Reveal()); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	if err := h.ledger.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("migrating the ledger: %w", err)
	}
	for _, warning := range cfg.Warnings() {
		h.logger.Warn("configuration", "warning", warning)
	}
	h.temporal, h.namespace, err = connect(h.logger, h.telemetry)
	return h, err
}

// connect takes Temporal's own environment variables and profiles.
func connect(logger *slog.Logger, t *telemetry.Telemetry) (client.Client, string, error) {
	opts, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, "", fmt.Errorf("reading Temporal's connection from TEMPORAL_* and its profiles: %w", err)
	}
	if opts.Namespace == "" {
		opts.Namespace = client.DefaultNamespace
	}
	opts.Logger = log.NewStructuredLogger(logger)
	if t != nil {
		opts.MetricsHandler = t.MetricsHandler
		if t.Exporting {
			opts.Interceptors = []interceptor.ClientInterceptor{t.Tracing}
		}
	}
	c, err := client.NewLazyClient(opts)
	if err != nil {
		return nil, "", fmt.Errorf("connecting to Temporal: %w", err)
	}
	return c, opts.Namespace, nil
}

func (h *house) close() {
	h.temporal.Close()
	if err := h.ledger.Close(); err != nil {
		h.logger.Error("closing the ledger", "error", err)
	}
	// The context of the process is over by now; what is left to export gets its own.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := h.telemetry.Shutdown(ctx); err != nil {
		h.logger.Error("shutting telemetry down", "error", err)
	}
}

func logger(cfg config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // validated by config
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(telemetry.NewLogHandler(slog.NewJSONHandler(os.Stderr, opts)))
	}
	return slog.New(telemetry.NewLogHandler(slog.NewTextHandler(os.Stderr, opts)))
}
