// Package world runs idjourney and everything that it talks to: a stand-in for
// IDWise, a government's registers of faces, a customer's endpoint, Temporal, the
// webhook endpoint with the customer's API, and a worker. All of them talk to each
// other by real HTTP and gRPC, as they do in production.
//
// Temporal is embedded in this process on a SQLite file, or one that runs already, or
// the server of a Topology on PostgreSQL. Starter and worker run in this process, or
// as processes of the built binary, which can be killed.
//
// The product reads a configuration file like anybody's, which the world writes, and
// secrets made anew for every start, which only this process knows.
package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.temporal.io/sdk/client"

	"idjourney/config"
	"idjourney/dev/embed"
	"idjourney/government/governmenttest"
	"idjourney/idwise/idwisetest"
	"idjourney/ledger"
	"idjourney/notify/notifytest"
	"idjourney/telemetry"
)

// The accounts of the configuration. Down's government never answers.
const (
	Account     = "demo"
	AccountDown = "demo-down"
)

// Scale makes the vendor's minute 300 ms: see idwisetest.Config.Scale.
const Scale = 0.005

// Options says how a world runs.
type Options struct {
	// Dir holds configuration, ledger, logs and Temporal's database. Required; created
	// if missing. It must be new: a world is not started twice on one.
	Dir string
	// Ports are asked for; see DefaultPorts. A port that is taken is replaced by a free
	// one, which Say announces.
	Ports Ports
	// Server, if set, is an embedded Temporal that several worlds share, each with a
	// TaskQueue of its own.
	Server *embed.Server
	// TemporalAddress, if set, is a Temporal outside, where the world makes a namespace
	// and deletes it at the end; the rest of its connection comes from Temporal's own
	// TEMPORAL_* variables and profiles. UIURL is its Web UI, "" if there is none.
	TemporalAddress, UIURL string
	// Topology, if set, runs Temporal and the product.
	Topology *Topology
	// Binary, if set, is the idjourney whose starter and worker run as processes. Start
	// then starts neither of them, StartStarter and StartWorker do.
	Binary string
	// TaskQueue is the product's; "" for the default.
	TaskQueue string
	// Steps, if set, are the onboarding flow's custom steps as YAML, instead of the
	// comparison with the government's face.
	Steps string
	// Environ are variables ("NAME=value") that Steps and the processes need besides.
	Environ []string
	// DownCustomerURL, if set, is the endpoint of account demo-down, instead of the one
	// that both accounts share.
	DownCustomerURL string
	// WrongPath, if set, is where account demo-down asks for results: a mistake in its
	// configuration.
	WrongPath string
	// Logger receives what the product in this process logs; nil discards it.
	Logger *slog.Logger
	// Spans receives every span as it ends; nil to follow OTEL_*.
	Spans sdktrace.SpanExporter
	// Say receives sentences for the user; nil discards them.
	Say func(format string, args ...any)
}

// World is a running world. Its fields may be used until Stop.
type World struct {
	Client    client.Client
	Namespace string

	Vendor   *idwisetest.Vendor
	Customer *notifytest.Endpoint
	// Register is the government's of account demo, DownRegister that of demo-down.
	Register, DownRegister *governmenttest.Register

	Config *config.Config
	// Ledger is nil if the product runs as processes of Options.Binary.
	Ledger *ledger.Ledger
	Keys   Secrets

	// The addresses, without a slash at the end.
	PublicURL, AdminURL, APIURL, VendorURL, CustomerURL, UIURL string
	// WorkerAdminURL is the worker's; "" if it is a Topology's.
	WorkerAdminURL string
	// TemporalAddress is host:port of Temporal's frontend.
	TemporalAddress string
	ConfigFile      string
	Dir             string

	opts      Options
	temporal  pausable // nil if it may not be taken away
	embedded  bool     // Temporal's database is in Dir
	processes processes
	telemetry *telemetry.Telemetry
	stop      []func() error // in the order of starting
}

// pausable is a Temporal that can be taken away and brought back.
type pausable interface {
	Pause() error
	Resume(ctx context.Context) error
}

// Start brings the world up and returns when /readyz is green, unless the product runs
// as processes of Options.Binary. ctx bounds the start only.
func Start(ctx context.Context, opts Options) (*World, error) {
	if opts.Dir == "" {
		return nil, errors.New("starting the world: it needs a directory, set Options.Dir")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("starting the world: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("starting the world: %w", err)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Logger = slog.New(telemetry.NewLogHandler(opts.Logger.Handler()))
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	w := &World{opts: opts, Dir: dir, Keys: newSecrets(), processes: newProcesses(dir)}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the world: %w", err), w.Stop())
	}
	return w, nil
}

// start does one thing after the other; each says how it is undone.
func (w *World) start(ctx context.Context) error {
	d, err := w.openDoors(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *doors) error{
		w.setUpTelemetry, w.startTemporal, w.startStandIns, w.configure, w.startProduct,
	} {
		if err := step(ctx, d); err != nil {
			return err
		}
	}
	if w.opts.Binary != "" {
		return nil
	}
	return w.awaitReady(ctx)
}

// undo adds what Stop does, before everything that was added earlier.
func (w *World) undo(f func() error) { w.stop = append(w.stop, f) }

// Stop ends everything, the last started first. What is in Dir stays.
func (w *World) Stop() error {
	var failures []error
	for _, f := range slices.Backward(w.stop) {
		failures = append(failures, f())
	}
	w.stop = nil
	return errors.Join(failures...)
}

// PauseTemporal makes Temporal unreachable until ResumeTemporal.
func (w *World) PauseTemporal() error { return w.temporal.Pause() }

// ResumeTemporal brings Temporal back.
func (w *World) ResumeTemporal(ctx context.Context) error { return w.temporal.Resume(ctx) }

// OwnsTemporal says whether PauseTemporal may be called: a Temporal outside is not ours
// to stop.
func (w *World) OwnsTemporal() bool { return w.temporal != nil }

// WebhookURL is where an account's webhooks go.
func (w *World) WebhookURL(account string) string {
	return w.PublicURL + "/webhooks/idwise/" + account
}

// WorkflowURL is the Web UI's page of a workflow; "" without a UI.
func (w *World) WorkflowURL(workflowID string) string {
	if w.UIURL == "" {
		return ""
	}
	return embed.WorkflowURL(w.UIURL, w.Namespace, workflowID, "")
}

// MessagesURL lists what the customer received.
func (w *World) MessagesURL() string {
	return strings.TrimSuffix(w.CustomerURL, "/idjourney") + "/messages"
}

// Databases are the files, by what they are, that must hold journeys but no personal
// data. Those of a Topology can only be searched while it is down.
func (w *World) Databases() map[string][]string {
	if w.opts.Topology != nil {
		return nil
	}
	files := map[string][]string{"the ledger": {w.LedgerFile(), w.LedgerFile() + "-wal"}}
	if w.embedded {
		files["Temporal's database"] = []string{filepath.Clean(w.TemporalDir())}
	}
	return files
}

// awaitReady returns when /readyz is green, the worker's too if it is in this process.
func (w *World) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := w.Ready(ctx, "")
		if err == nil && w.WorkerAdminURL != "" {
			err = ready(ctx, w.WorkerAdminURL, "")
		}
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
func (w *World) Ready(ctx context.Context, query string) error { return ready(ctx, w.AdminURL, query) }

func ready(ctx context.Context, admin, query string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/readyz?"+query, nil)
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
