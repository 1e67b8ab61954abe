// Package app makes a starter and a worker from a configuration: it opens their base, joins
// their parts, and starts and stops them. The command and the tests that run the product in
// their own process use the same functions.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"

	"idjourney/config"
	"idjourney/ledger"
	"idjourney/telemetry"
	"idjourney/version"
)

// Base is what a starter and a worker need. A process may run both on one. [Open] makes it,
// or the fields are set by hand; all are required.
type Base struct {
	Config    *config.Config
	Logger    *slog.Logger
	Telemetry *telemetry.Telemetry
	Ledger    *ledger.Ledger // starter and worker bring its schema up to date
	Temporal  client.Client
	Namespace string // Temporal's client is connected to it
}

// Open connects what the configuration names. The service is the process's name in telemetry.
// Ledger and Temporal are connected lazily: a starter and a worker start while PostgreSQL or
// Temporal is away, and are ready once it is there.
func Open(ctx context.Context, cfg *config.Config, logger *slog.Logger, service string) (*Base, error) {
	b := &Base{Config: cfg, Logger: logger}
	var err error
	if b.Telemetry, err = telemetry.Setup(ctx, telemetry.Config{Service: service, Version: version.Of(), Logger: logger}); err != nil {
		return nil, fmt.Errorf("setting up telemetry: %w", err)
	}
	if b.Ledger, err = ledger.Open(ctx, cfg.Ledger.URL.Reveal()); err != nil {
		err = fmt.Errorf("opening the ledger: %w", err)
	} else {
		b.Temporal, b.Namespace, err = Connect(logger, b.Telemetry)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close()) //nolint:contextcheck // what is left to export outlasts ctx
	}
	for _, warning := range cfg.Warnings() {
		logger.WarnContext(ctx, "configuration", "warning", warning)
	}
	return b, nil
}

// OpenLedger opens the configured ledger and brings its schema up to date.
func OpenLedger(ctx context.Context, cfg *config.Config) (*ledger.Ledger, error) {
	l, err := ledger.Open(ctx, cfg.Ledger.URL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	if err := l.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("migrating the ledger: %w", errors.Join(err, l.Close()))
	}
	return l, nil
}

// migrate brings the ledger's schema up to date, once the database is there. The error is
// ctx's.
func (b *Base) migrate(ctx context.Context) error {
	return b.await(ctx, "the ledger", b.Ledger.Migrate)
}

// await tries every second until use succeeds, and logs each new reason to wait. The
// error is ctx's.
func (b *Base) await(ctx context.Context, name string, use func(context.Context) error) error {
	for logged := ""; ; {
		err := use(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil && logged != err.Error() {
			logged = err.Error()
			b.Logger.WarnContext(ctx, "waiting for "+name, "error", err)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// pause waits. The error is ctx's, if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Connect returns a lazy client and its namespace, by Temporal's own environment
// variables and profiles. Telemetry may be nil.
func Connect(logger *slog.Logger, t *telemetry.Telemetry) (client.Client, string, error) {
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

// Close releases everything that is open. Stop what uses it first.
func (b *Base) Close() error {
	var failures []error
	if b.Temporal != nil {
		b.Temporal.Close()
	}
	if b.Ledger != nil {
		failures = append(failures, b.Ledger.Close())
	}
	// The process's context has ended by now: the last export needs its own.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(append(failures, b.Telemetry.Shutdown(ctx))...)
}

// Logger returns the configured logger, which writes to standard error.
func Logger(cfg config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // validated by config
	opts := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(os.Stderr, opts)
	if cfg.Format == "json" {
		handler = slog.NewJSONHandler(os.Stderr, opts)
	}
	return slog.New(telemetry.NewLogHandler(handler))
}

// running is a part that was started. It ends when it is stopped or fails.
type running struct {
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
	err  error         // why it failed, valid after done
}

// start runs all until ctx ends, Stop is called, or one of them returns: then all stop.
func (r *running) start(ctx context.Context, all ...func(context.Context) error) {
	ctx, r.stop = context.WithCancel(ctx)
	r.done = make(chan struct{})
	ended := make(chan error, len(all))
	for _, run := range all {
		go func() { ended <- run(ctx) }()
	}
	go func() {
		defer close(r.done)
		for range all {
			r.err = errors.Join(r.err, <-ended)
			r.stop()
		}
	}()
}

// Stop ends it in order and returns why it failed, if it did. It does nothing if it was
// never started.
func (r *running) Stop() error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	return r.Wait()
}

// Wait returns when it has ended.
func (r *running) Wait() error {
	<-r.done
	return r.err
}

// listen opens an address, "host:0" for a free port. The error contains the name.
func listen(ctx context.Context, name, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the %s: %w", name, err)
	}
	return l, nil
}

// addr is host:port of a listener, "" if there is none.
func addr(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}
