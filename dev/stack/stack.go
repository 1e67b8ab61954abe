// Package stack runs everything that idjourney is and talks to in one process:
// an embedded Temporal server with its Web UI (or an outside one), the webhook
// endpoint, a worker, the ledger on a SQLite file, a stand-in for IDWise, a
// government's register of faces and a customer's endpoint. All of them talk to
// each other by real HTTP and gRPC, as they do in production.
//
// The product is configured by a file like anybody's, which the stack writes,
// and by secrets made anew for every start, which only this process knows.
package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// The accounts of the stack's configuration. Down's government never answers.
const (
	Account     = "demo"
	AccountDown = "demo-down"
)

// Scale makes the vendor's minute 300 ms: see idwisetest.Config.Scale.
const Scale = 0.005

// Options says how a stack runs.
type Options struct {
	// Dir holds configuration, ledger and Temporal's database. Required; created
	// if missing. It must be new: a stack is not started twice on one.
	Dir string
	// Ports are asked for; see DefaultPorts. A port that is taken is replaced by a
	// free one, and Say is told.
	Ports Ports
	// TemporalAddress, if set, is an outside Temporal; the rest of its connection
	// comes from Temporal's own TEMPORAL_* variables and profiles.
	TemporalAddress string
	// UIURL is the outside Temporal's Web UI; "" if there is none.
	UIURL string
	// Outside, if set, is where Temporal and the product run instead of in this
	// process; TemporalAddress and UIURL then say nothing.
	Outside *Outside
	// WrongPath, if set, is where account demo-down looks for results: a mistake
	// in its configuration.
	WrongPath string
	// Logger receives what the product logs; nil for nobody.
	Logger *slog.Logger
	// Spans receives every span as it ends; nil to follow OTEL_*.
	Spans sdktrace.SpanExporter
	// Say is told in a sentence what the user should know; nil for nobody.
	Say func(format string, args ...any)
}

// Stack is a running stack. Its fields may be used until Stop.
type Stack struct {
	// Temporal is nil when the server is an outside one. Pausable is nil when
	// nobody may take it away.
	Temporal  *embed.Server
	Pausable  Pausable
	Client    client.Client
	Namespace string

	Vendor   *idwisetest.Vendor
	Customer *notifytest.Endpoint
	// Register is the government's of account demo, DownRegister that of demo-down.
	Register, DownRegister *governmenttest.Register

	Config *config.Config
	Ledger *ledger.Ledger
	Keys   Secrets

	// The addresses, without a slash at the end.
	PublicURL, AdminURL, APIURL, VendorURL, CustomerURL, UIURL string
	// TemporalAddress is host:port of Temporal's frontend.
	TemporalAddress string
	ConfigFile      string
	Dir             string

	opts      Options
	telemetry *telemetry.Telemetry
	stop      []func() error // in the order of starting
}

// Start brings the stack up and returns when /readyz is green. ctx bounds the
// start only; Stop ends what was started.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	if opts.Dir == "" {
		return nil, errors.New("starting the stack: it needs a directory, set Options.Dir")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("starting the stack: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("starting the stack: %w", err)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Logger = slog.New(telemetry.NewLogHandler(opts.Logger.Handler()))
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	s := &Stack{opts: opts, Dir: dir, Keys: newSecrets()}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the stack: %w", err), s.Stop())
	}
	return s, nil
}

// start does one thing after the other; each says how it is undone.
func (s *Stack) start(ctx context.Context) error {
	d, err := s.openDoors(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *doors) error{
		s.setUpTelemetry, s.startTemporal, s.startWorld, s.configure, s.startProduct,
	} {
		if err := step(ctx, d); err != nil {
			return err
		}
	}
	return s.awaitReady(ctx)
}

// undo adds what Stop does, before everything that was added earlier.
func (s *Stack) undo(f func() error) { s.stop = append(s.stop, f) }

// Stop ends everything, the last started first. What is in Dir stays.
func (s *Stack) Stop() error {
	var failures []error
	for _, f := range slices.Backward(s.stop) {
		failures = append(failures, f())
	}
	s.stop = nil
	return errors.Join(failures...)
}

// WebhookURL is where an account's webhooks go.
func (s *Stack) WebhookURL(account string) string {
	return s.PublicURL + "/webhooks/idwise/" + account
}

// WorkflowURL is the Web UI's page of a workflow; "" without a UI.
func (s *Stack) WorkflowURL(workflowID string) string {
	if s.UIURL == "" {
		return ""
	}
	return embed.WorkflowURL(s.UIURL, s.Namespace, workflowID, "")
}

// MessagesURL lists what the customer received.
func (s *Stack) MessagesURL() string {
	return strings.TrimSuffix(s.CustomerURL, "/idjourney") + "/messages"
}
