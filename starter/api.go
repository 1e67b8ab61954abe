package starter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// APILedger is what the customer's API needs of a *ledger.Ledger. All reading is
// done there, so that an app's polling costs Temporal nothing.
type APILedger interface {
	View(ctx context.Context, account, journeyID string) (ledger.View, error)
	ByReference(ctx context.Context, account, reference string) ([]ledger.View, error)
	Decisions(ctx context.Context, account, journeyID string) ([]journey.Decision, error)
	DecisionFeed(ctx context.Context, accounts []string, after int64, limit int) ([]ledger.FeedItem, error)
	Reviews(ctx context.Context, f ledger.ReviewFilter) ([]ledger.ReviewItem, string, error)
	Incidents(ctx context.Context, accounts []string) ([]ledger.Incident, error)
	Acknowledge(ctx context.Context, account string, code journey.AttentionCode, detail, actor string, at time.Time) error
	HeldSpotChecks(ctx context.Context, accounts []string) ([]ledger.HeldSpotCheck, error)
	SpotCheck(ctx context.Context, account, spotCheckID string) (journey.SpotDecision, error)
	Register(ctx context.Context, j ledger.Journey) error
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
	BeginIdempotent(ctx context.Context, r ledger.IdempotentRequest, at time.Time) (*ledger.StoredAnswer, error)
	FinishIdempotent(ctx context.Context, r ledger.IdempotentRequest, journeyID string, status int, body []byte) error
	ReleaseIdempotent(ctx context.Context, r ledger.IdempotentRequest) error
}

// Operator acts on the workflows for people: a *TemporalOperator.
type Operator interface {
	// Act sends an update to a journey and returns the journey as it is afterwards.
	// The error is ErrClosed, a *Refused, or anything else if Temporal did not answer:
	// the act may then still be taken.
	Act(ctx context.Context, account, journeyID, update string, arg any) (journey.Acted, error)
	// Link binds a held spot check to a journey.
	Link(ctx context.Context, account, spotCheckID string, arg any) error
}

// Vendor is what the API asks IDWise for one account: an *idwise.Client.
type Vendor interface {
	StartJourney(ctx context.Context, r idwise.StartRequest) (idwise.StartedJourney, error)
	Result(ctx context.Context, journeyID string) (*idwise.Result, error)
}

// APIConfig is what the customer's API needs.
type APIConfig struct {
	// Tokens are who may call. Without any, NewAPI returns nil: there is no API.
	Tokens []config.Token
	// Accounts are all accounts. Required.
	Accounts []config.Account
	// Ledger and Operator are required.
	Ledger   APILedger
	Operator Operator
	// Vendors are IDWise by account; one that has none can start and register nothing.
	Vendors map[string]Vendor
	// Wake tells the forwarder that there is an event; nil for nobody.
	Wake func()
	// Callback takes POST /v1/callbacks/steps/{token}, whose token in the path is its
	// credential; nil for no such route.
	Callback http.Handler
	// WaitPoll is how often a long poll looks at the ledger; half a second if 0.
	WaitPoll time.Duration
	// MaxWaits bounds the long polls at a time; 1000 if 0.
	MaxWaits int
	// Logger is where problems and acts are logged; nil for nowhere.
	Logger *slog.Logger
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// API is the customer's REST API.
type API struct {
	cfg      APIConfig
	tokens   []*token
	accounts map[string]config.Account
	log      *slog.Logger
	// refusals keeps somebody who knocks all day from filling the log.
	refusals rate.Sometimes
	waits    chan struct{} // holds one for each long poll
	stopping chan struct{} // closed when long polls have to end
}

// NewAPI checks the tokens and returns the API, or nil if there are none: the API is
// off then.
func NewAPI(cfg APIConfig) (*API, error) {
	if len(cfg.Tokens) == 0 {
		return nil, nil //nolint:nilnil // off is no failure
	}
	if cfg.Ledger == nil || cfg.Operator == nil || len(cfg.Accounts) == 0 {
		return nil, errors.New("setting up the API: ledger, operator and accounts are required")
	}
	a := &API{
		cfg: cfg, accounts: map[string]config.Account{}, log: cfg.Logger,
		refusals: rate.Sometimes{First: 5, Interval: 10 * time.Second},
		stopping: make(chan struct{}),
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
	a.setDefaults()
	return a, nil
}

func (a *API) setDefaults() {
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.cfg.Now == nil {
		a.cfg.Now = time.Now
	}
	if a.cfg.Wake == nil {
		a.cfg.Wake = func() {}
	}
	if a.cfg.WaitPoll <= 0 {
		a.cfg.WaitPoll = 500 * time.Millisecond
	}
	if a.cfg.MaxWaits <= 0 {
		a.cfg.MaxWaits = 1000
	}
	a.waits = make(chan struct{}, a.cfg.MaxWaits)
}
