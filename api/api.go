// Package api is the customer's REST API, which openapi.yaml describes. It reads only from
// the ledger, so that an app's polling costs Temporal nothing.
package api

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"idjourney/access"
	"idjourney/config"
	"idjourney/httpserver"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/telemetry"
)

// Ledger is what the API needs of a *ledger.Ledger.
type Ledger interface {
	View(ctx context.Context, account, journeyID string) (ledger.View, error)
	ByReference(ctx context.Context, account, reference string) ([]ledger.View, error)
	Decisions(ctx context.Context, account, journeyID string) ([]journey.Decision, error)
	DecisionFeed(ctx context.Context, accounts []string, after int64, limit int) ([]ledger.FeedItem, error)
	Reviews(ctx context.Context, f ledger.ReviewFilter) ([]ledger.ReviewItem, string, error)
	Attention(ctx context.Context, accounts []string) ([]ledger.Attention, error)
	Acknowledge(ctx context.Context, account string, code journey.AttentionCode, detail, actor string, at time.Time) error
	HeldSpotChecks(ctx context.Context, accounts []string) ([]ledger.HeldSpotCheck, error)
	SpotCheck(ctx context.Context, account, spotCheckID string) (journey.SpotDecision, error)
	Register(ctx context.Context, j ledger.Journey) error
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
	StepCallByToken(ctx context.Context, tokenHash string) (ledger.StepCall, error)
	StepAnswer(ctx context.Context, account, journeyID, step string, round int, subject string) (ledger.StepAnswer, error)
	SaveStepAnswer(ctx context.Context, a ledger.StepAnswer) (fresh bool, err error)
	BeginIdempotent(ctx context.Context, r ledger.IdempotentRequest, at time.Time) (*ledger.StoredAnswer, error)
	FinishIdempotent(ctx context.Context, r ledger.IdempotentRequest, journeyID string, status int, body []byte) error
	ReleaseIdempotent(ctx context.Context, r ledger.IdempotentRequest) error
}

// Operator acts on the workflows for people: a *TemporalOperator.
type Operator interface {
	// Act sends an update to a journey and returns the journey as it is afterwards.
	// The error is ErrClosed, a *Refused, or any other if Temporal did not answer: the
	// act may then still take effect.
	Act(ctx context.Context, account, journeyID, update string, arg any) (journey.Acted, error)
	// Link binds a held spot check to a journey.
	Link(ctx context.Context, account, spotCheckID string, arg any) error
}

// Vendor is what the API asks IDWise for one account: an *idwise.Client.
type Vendor interface {
	StartJourney(ctx context.Context, r idwise.StartRequest) (idwise.StartedJourney, error)
	Result(ctx context.Context, journeyID string) (*idwise.Result, error)
}

// Config is what the customer's API needs.
type Config struct {
	Tokens   []config.Token   // the callers; without any, New returns nil: there is no API
	Accounts []config.Account // all of them. Required
	Ledger   Ledger           // required
	Operator Operator         // required
	Wake     func()           // called after an event was recorded. Required
	// Vendors are the clients of IDWise by account. An account without one can neither
	// start nor register journeys.
	Vendors        map[string]Vendor
	TrustedProxies []netip.Prefix         // whose X-Forwarded-For is trusted
	Instruments    *telemetry.Instruments // count denied requests; may be nil
	WaitPoll       time.Duration          // between two reads of a long poll; half a second if 0
	// MaxWaits bounds the long polls at a time; 1000 if 0. One token may have a quarter
	// of them, and one account half.
	MaxWaits int
	Logger   *slog.Logger     // receives problems and acts; may be nil
	Now      func() time.Time // the clock; time.Now if nil
}

// API is the customer's REST API.
type API struct {
	cfg      Config
	tokens   []*token
	accounts map[string]config.Account
	log      *slog.Logger
	// refusals keeps repeated guesses from filling the log.
	refusals rate.Sometimes
	throttle *access.Throttle
	waits    access.Quota  // of the long polls: in all, by token and by account
	stopping chan struct{} // closed when long polls have to end
}

// New checks the tokens and returns the API, or nil if there are none.
func New(cfg Config) (*API, error) {
	if len(cfg.Tokens) == 0 {
		return nil, nil //nolint:nilnil // without tokens the API is off
	}
	if cfg.Ledger == nil || cfg.Operator == nil || len(cfg.Accounts) == 0 {
		return nil, errors.New("setting up the API: ledger, operator and accounts are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.WaitPoll, cfg.MaxWaits = cmp.Or(cfg.WaitPoll, 500*time.Millisecond), cmp.Or(cfg.MaxWaits, 1000)
	cfg.Instruments = cmp.Or(cfg.Instruments, telemetry.NopInstruments())
	a := &API{
		cfg: cfg, accounts: map[string]config.Account{}, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		refusals: rate.Sometimes{First: 5, Interval: 10 * time.Second},
		throttle: access.NewThrottle(cfg.Now), stopping: make(chan struct{}),
	}
	for _, account := range cfg.Accounts {
		a.accounts[account.Name] = account
	}
	for _, t := range cfg.Tokens {
		made, err := newToken(t, a.accounts)
		if err != nil {
			return nil, fmt.Errorf("setting up the API: %w", err)
		}
		if slices.ContainsFunc(a.tokens, func(other *token) bool { return other.name == made.name || other.secret == made.secret }) {
			return nil, fmt.Errorf("setting up the API: the token %s has the name or the secret of another", made.name)
		}
		a.tokens = append(a.tokens, made)
	}
	a.cfg.Instruments.ExpectAPI(context.Background())
	return a, nil
}

// openAPI describes the API. The tests check every answer against it.
//
//go:embed openapi.yaml
var openAPI []byte

// routes are all operations of openapi.yaml with a token.
func (a *API) routes() []route {
	const one = "/v1/journeys/:account/:id"
	return []route{
		{http.MethodPost, "/v1/journeys", config.ScopeOperate, nil, a.open},
		{http.MethodPost, "/v1/journeys/search", config.ScopeRead, nil, a.search},
		{http.MethodGet, one, config.ScopeRead, []string{"wait"}, a.show},
		{http.MethodGet, one + "/decisions", config.ScopeRead, nil, a.decisions},
		{http.MethodPost, one + "/review", config.ScopeOperate, nil, act(a, journey.UpdateReview, reviewBody{}, false)},
		{http.MethodPost, one + "/override", config.ScopeOperate, nil, act(a, journey.UpdateOverride, overrideBody{Sequence: -1}, false)},
		{http.MethodPost, one + "/refresh", config.ScopeOperate, nil, act(a, journey.UpdateRefresh, reasonBody{refreshReason}, true)},
		{http.MethodPost, one + "/retry-step", config.ScopeOperate, nil, act(a, journey.UpdateRetryStep, retryBody{}, false)},
		{http.MethodPost, one + "/end-relationship", config.ScopeOperate, nil, act(a, journey.UpdateEnd, reasonBody{}, false)},
		{http.MethodDelete, one, config.ScopeErase, nil, act(a, journey.UpdateErase, reasonBody{eraseReason}, true)},
		{http.MethodGet, "/v1/decisions", config.ScopeRead, []string{"after", "limit"}, a.feed},
		{http.MethodGet, "/v1/reviews", config.ScopeRead, []string{"account", "kind", "overdue", "after", "limit"}, a.reviews},
		{http.MethodGet, "/v1/attention", config.ScopeRead, []string{"account"}, a.attention},
		{http.MethodPost, "/v1/attention/:account/:code/acknowledge", config.ScopeOperate, nil, a.acknowledge},
		{http.MethodGet, "/v1/spot-checks", config.ScopeRead, []string{"account"}, a.spotChecks},
		{http.MethodPost, "/v1/spot-checks/:account/:id/link", config.ScopeOperate, nil, a.link},
	}
}

// Handler returns the handler of the API's listener.
func (a *API) Handler() *gin.Engine {
	fail := func(status int, code, message string) gin.HandlerFunc {
		return func(c *gin.Context) { write(c, problemOf(status, code, message).reply()) }
	}
	engine := httpserver.Engine(a.log, "API handler panicked",
		fail(http.StatusInternalServerError, "defect", "this is a defect of idjourney; its log says more"))
	engine.NoRoute(func(c *gin.Context) { write(c, notFound().reply()) })
	engine.NoMethod(fail(http.StatusMethodNotAllowed, "method_not_allowed", "openapi.yaml says what can be done here"))
	for _, r := range a.routes() {
		engine.Handle(r.method, r.path, a.serve(r))
	}
	engine.GET("/v1/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", openAPI) })
	engine.POST("/v1/callbacks/steps/:token", a.stepCallback)
	return engine
}

// Serve serves the listener, which it closes, until ctx ends. Long polls end at once
// then; all other requests have ShutdownTimeout to end.
func (a *API) Serve(ctx context.Context, listener net.Listener, limits config.Intake) error {
	limits.WriteTimeout = max(limits.WriteTimeout, slowestCall) // a long poll extends its own
	server := httpserver.New(a.Handler(), limits)               //nolint:contextcheck // each request has its own
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(a.stopping) }))
	return httpserver.Run(ctx, "API listener", server, listener, limits.ShutdownTimeout)
}

// slowestCall bounds every request that is not a long poll: starting a journey at IDWise
// takes longest, with three uses of the ledger.
const slowestCall = vendorTimeout + 3*ledgerTimeout + 5*time.Second
