// Package starter is the endpoint that IDWise's webhooks arrive at.
//
// A webhook passes five stations: the sender proves itself before anything of the body is
// read (auth.go); the body is read within its limits (webhook.go, refuse.go); it becomes a
// row for the ledger and, if a journey acts on it, an event (intake.go); the row is written,
// and only then is the answer 200; a forwarder brings the event to Temporal, at once and
// again until it is taken (signal.go), unless its journey is over (intake.go) or withheld
// until IDWise confirms it (screen.go). Webhooks are therefore accepted while Temporal is
// away; while the ledger is away, an event that Temporal takes directly counts as kept.
//
// IDWise signs nothing and gives up after some thirty minutes. Two rules follow: nothing is
// decided from a body, so that a leaked secret causes only a bounded number of fetches; and
// a webhook that can be kept is never refused, even if it cannot be understood.
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
	"golang.org/x/time/rate"

	"idjourney/access"
	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/telemetry"
)

// Ledger is what the endpoint needs of a *ledger.Ledger.
type Ledger interface {
	// Tombstone says whether a journey has ended or was erased.
	Tombstone(ctx context.Context, account, journeyID string) (phase journey.Phase, over bool, err error)
	// Erase removes what was recorded of an erased journey after its erasure.
	Erase(ctx context.Context, account, journeyID string, at time.Time) error
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
	Accounts  []config.Account // whose webhooks are accepted. Required
	Intake    config.Intake    // a zero time-out or size means its default
	Ledger    Ledger           // required
	Forwarder Forwarder        // required
	Signaler  Signaler         // required
	Audit     *Auditor         // nil for none
	Screen    *Screener        // nil for none
	// ReviewOverdueAfter is the age at which an open review counts as overdue; a day if 0.
	ReviewOverdueAfter time.Duration
	AdminHosts         []string               // the names under which monitoring reaches the admin listener
	Metrics            http.Handler           // of /metrics on the admin listener; nil for none
	Instruments        *telemetry.Instruments // nil for none
	Tracer             trace.Tracer           // nil for none
	Version            string                 // of the program, which /readyz shows
	Logger             *slog.Logger           // nil for none
	Now                func() time.Time       // the clock of ReceivedAt; time.Now if nil
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

// account is one account's endpoint.
type account struct {
	name string
	auth *authenticator
	// refusals keeps a persistent stranger from filling the log.
	refusals rate.Sometimes
	// webhooks and bytes keep one account's flood from filling the ledger.
	webhooks, bytes *rate.Limiter
}

// New checks the configuration and returns a Starter that does not listen yet. An
// account without webhook authentication is an error, unless it is a sandbox that
// asks for none explicitly.
func New(cfg Config) (*Starter, error) {
	if cfg.Ledger == nil || cfg.Forwarder == nil || cfg.Signaler == nil {
		return nil, errors.New("setting up the webhook endpoint: ledger, forwarder and signaler are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Intake = cfg.Intake.WithDefaults()
	cfg.Instruments, cfg.Tracer = measuring(cfg.Instruments, cfg.Tracer)
	s := &Starter{cfg: cfg, accounts: map[string]*account{}, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)), linger: lingerFor}
	s.stranger = newAccount(unknown, newStranger(), s.cfg.Intake)
	s.guesses, s.bodies = access.NewThrottle(nil), &bodyBudget{limit: s.cfg.Intake.BodyMemory}
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
	if err := s.watch(); err != nil {
		return nil, fmt.Errorf("setting up the webhook endpoint: %w", err)
	}
	return s, nil
}

// watch shows what waits in the ledger. The endpoint does so because it runs even
// when no worker does.
func (s *Starter) watch() error {
	endpoints := map[string][]string{}
	for _, a := range s.cfg.Accounts {
		endpoints[a.Name] = nil
		for _, e := range a.Endpoints {
			endpoints[a.Name] = append(endpoints[a.Name], e.Name)
		}
		s.cfg.Instruments.ExpectWebhooks(context.Background(), a.Name)
	}
	return s.cfg.Instruments.ObserveFigures(func(ctx context.Context) (telemetry.Figures, error) {
		return s.cfg.Ledger.Figures(ctx, time.Now().Add(-cmp.Or(s.cfg.ReviewOverdueAfter, 24*time.Hour)))
	}, ledger.NoFigures(endpoints))
}
