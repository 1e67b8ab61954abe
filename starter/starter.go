package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/time/rate"

	"idjourney/access"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/telemetry"
)

// Ledger is what the endpoint needs of a *ledger.Ledger.
type Ledger interface {
	Tombstones
	RecordWebhook(ctx context.Context, w ledger.Webhook) (id int64, duplicate bool, err error)
	PendingWebhooks(ctx context.Context) (count int, oldest time.Time, err error)
	Figures(ctx context.Context, overdue time.Time) (telemetry.Figures, error)
	Ping(ctx context.Context) error
}

// Forwarder brings recorded webhooks to Temporal: a *ledger.Forwarder made with
// the function that Forward returns.
type Forwarder interface {
	Run(ctx context.Context) error
	Wake()
}

// Signaler hands an event to its journey's workflow, starting it if need be.
type Signaler interface {
	// SignalWithStart returns nil once the event is in the workflow's history.
	SignalWithStart(ctx context.Context, e journey.Event) error
	// Ready returns nil if SignalWithStart can be expected to work, and
	// *MissingAttributes if the namespace lacks search attributes.
	Ready(ctx context.Context) error
}

// Config is what a Starter needs.
type Config struct {
	// Accounts are the accounts whose webhooks are taken. Required.
	Accounts []config.Account
	// Intake holds the limits; a zero time-out or size means its default.
	Intake config.Intake
	// Ledger, Forwarder and Signaler are required.
	Ledger    Ledger
	Forwarder Forwarder
	Signaler  Signaler
	// Audit looks for changes whose webhook was lost; nil for none.
	Audit *Auditor
	// Screen asks the vendor about withheld webhooks; nil for none.
	Screen *Screener
	// ReviewOverdueAfter is from when on an open review counts as overdue; a day if 0.
	ReviewOverdueAfter time.Duration
	// AdminHosts are the names under which monitoring reaches the admin listener.
	AdminHosts []string
	// Metrics serves /metrics on the admin listener; nil for none.
	Metrics http.Handler
	// Instruments measure what becomes of webhooks; nil for none.
	Instruments *telemetry.Instruments
	// Tracer gives the spans of webhooks; nil for none.
	Tracer trace.Tracer
	// Version of the program, which /readyz shows.
	Version string
	// Logger is where problems are logged; nil for nowhere.
	Logger *slog.Logger
	// Now is the clock of ReceivedAt; nil for time.Now.
	Now func() time.Time
}

// Starter is the webhook endpoint of all accounts.
type Starter struct {
	cfg      Config
	accounts map[string]*account
	stranger *account // stands for every account that does not exist
	guesses  *access.Throttle
	bodies   *bodyBudget
	log      *slog.Logger
	stopping atomic.Bool
	linger   time.Duration // lingerFor, except in tests
}

// account is one account's door.
type account struct {
	name string
	auth *authenticator
	// refusals keeps a persistent stranger from filling the log.
	refusals rate.Sometimes
	// webhooks and bytes keep one account's flood from filling the ledger.
	webhooks, bytes *rate.Limiter
}

// quotaWindow is the time over which the quotas are averaged: an account may use up a
// window's worth at once.
const quotaWindow = time.Minute

func newAccount(name string, auth *authenticator, in config.Intake) *account {
	quota := func(perSecond, least float64) *rate.Limiter {
		return rate.NewLimiter(rate.Limit(perSecond), int(max(perSecond*quotaWindow.Seconds(), least)))
	}
	return &account{
		name: name, auth: auth, refusals: rate.Sometimes{First: 5, Interval: 10 * time.Second},
		webhooks: quota(in.WebhooksPerSecond, 1), bytes: quota(in.BytesPerSecond, float64(in.MaxBody)),
	}
}

// New checks the configuration and returns a Starter that does not listen yet. An
// account whose webhooks nobody would have to authenticate is an error, unless it
// is a sandbox that says so.
func New(cfg Config) (*Starter, error) {
	if cfg.Ledger == nil || cfg.Forwarder == nil || cfg.Signaler == nil {
		return nil, errors.New("setting up the webhook endpoint: ledger, forwarder and signaler are required")
	}
	s := &Starter{cfg: cfg, accounts: map[string]*account{}, log: cfg.Logger, linger: lingerFor}
	s.cfg.Intake = withDefaults(cfg.Intake)
	s.stranger = newAccount(unknown, newStranger(), s.cfg.Intake)
	s.guesses, s.bodies = access.NewThrottle(nil), newBodyBudget(s.cfg.Intake.BodyMemory)
	for _, a := range cfg.Accounts {
		auth, err := newAuthenticator(a)
		if err != nil {
			return nil, fmt.Errorf("setting up the webhook endpoint of account %s: %w", a.Name, err)
		}
		s.accounts[a.Name] = newAccount(a.Name, auth, s.cfg.Intake)
	}
	if len(s.accounts) == 0 || len(s.accounts) != len(cfg.Accounts) {
		return nil, errors.New("setting up the webhook endpoint: at least one account is required, each name once")
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.cfg.Now == nil {
		s.cfg.Now = time.Now
	}
	if s.cfg.Instruments == nil {
		s.cfg.Instruments = telemetry.NopInstruments()
	}
	if s.cfg.Tracer == nil {
		s.cfg.Tracer = noop.NewTracerProvider().Tracer("")
	}
	if err := s.watch(); err != nil {
		return nil, fmt.Errorf("setting up the webhook endpoint: %w", err)
	}
	return s, nil
}

// watch shows what waits in the ledger. The endpoint does so and not the worker,
// because it is there even when no worker is.
func (s *Starter) watch() error {
	var watched []telemetry.Watched
	for _, a := range s.cfg.Accounts {
		w := telemetry.Watched{Account: a.Name}
		for _, e := range a.Endpoints {
			w.Endpoints = append(w.Endpoints, e.Name)
		}
		watched = append(watched, w)
		s.cfg.Instruments.ExpectWebhooks(context.Background(), a.Name)
	}
	return s.cfg.Instruments.ObserveFigures(func(ctx context.Context) (telemetry.Figures, error) {
		return s.cfg.Ledger.Figures(ctx, time.Now().Add(-cmp.Or(s.cfg.ReviewOverdueAfter, 24*time.Hour)))
	}, watched)
}

// withDefaults never leaves a limit at zero, which net/http reads as "none".
func withDefaults(in config.Intake) config.Intake {
	in.MaxBody = cmp.Or(in.MaxBody, 1<<20)
	in.ReadHeaderTimeout = cmp.Or(in.ReadHeaderTimeout, 5*time.Second)
	in.ReadTimeout = cmp.Or(in.ReadTimeout, 10*time.Second)
	in.WriteTimeout = cmp.Or(in.WriteTimeout, 15*time.Second)
	in.IdleTimeout = cmp.Or(in.IdleTimeout, 2*time.Minute)
	in.RecordTimeout = cmp.Or(in.RecordTimeout, 2*time.Second)
	in.SignalTimeout = cmp.Or(in.SignalTimeout, 2*time.Second)
	in.ShutdownTimeout = cmp.Or(in.ShutdownTimeout, 20*time.Second)
	in.BodyMemory = cmp.Or(in.BodyMemory, 64<<20)
	in.WebhooksPerSecond = cmp.Or(in.WebhooksPerSecond, 200)
	in.BytesPerSecond = cmp.Or(in.BytesPerSecond, 512<<10)
	return in
}
