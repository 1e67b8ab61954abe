package starter

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// ScreeningLedger is what a Screener needs of a *ledger.Ledger.
type ScreeningLedger interface {
	Admit(ctx context.Context, w ledger.Webhook, of ledger.Candidate, rule ledger.Screening) error
	ClaimScreened(ctx context.Context, account string, limit int, lease time.Duration) ([]ledger.Screened, error)
	Release(ctx context.Context, of ledger.Candidate) error
	AskAgain(ctx context.Context, of ledger.Candidate, wait time.Duration) error
	MarkUnknown(ctx context.Context, of ledger.Candidate) error
	TidyScreening(ctx context.Context, account string, rule ledger.Screening) (released bool, err error)
}

// VendorLookup is what a Screener needs of an *idwise.Client. Only the errors matter:
// what the vendor answers about a person goes no further.
type VendorLookup interface {
	Result(ctx context.Context, journeyID string) (*idwise.Result, error)
	SpotCheck(ctx context.Context, id string) (*idwise.SpotCheckResult, error)
}

const (
	screeningWindow   = time.Hour
	screeningInterval = time.Second
	screeningLease    = time.Minute
	screeningTimeout  = 20 * time.Second
	// screeningAgain is the wait before the vendor is asked a second time: its API may
	// lag behind its webhook.
	screeningAgain = 10 * time.Minute
)

// Screener keeps invented journey ids from starting workflows without end. An account
// may have config.Screening.Unconfirmed candidates started within an hour that the
// vendor has not confirmed. Beyond that, a webhook about a new candidate waits in the
// ledger, the vendor is asked in the background, and only what it knows is forwarded.
// What it denies knowing for policy.unknown_after stays withheld, and is counted as unknown.
// Journeys that the customer's backend has registered are never withheld.
type Screener struct {
	Ledger   ScreeningLedger
	Accounts []config.Account
	Vendors  map[string]VendorLookup // by account
	Rules    config.Screening
	// Wake is called when there is something to forward.
	Wake   func()
	Logger *slog.Logger
	// Interval is the time between two passes, a second if 0; Now is the clock,
	// time.Now if nil.
	Interval time.Duration
	Now      func() time.Time
}

// Screen returns f for the webhooks that may start or wake their workflow; the others
// are withheld. Events of our own pass.
func (s *Screener) Screen(f ledger.ForwardFunc) ledger.ForwardFunc {
	return func(ctx context.Context, w ledger.Webhook) error {
		if of, ok := candidateOf(w); ok {
			if err := s.Ledger.Admit(ctx, w, of, s.rule()); err != nil {
				return err
			}
		}
		return f(ctx, w)
	}
}

// candidateOf says what a webhook of IDWise's is about; false for an event of our own
// and for one that cannot be read, which f reports.
func candidateOf(w ledger.Webhook) (ledger.Candidate, bool) {
	if !slices.Contains(idwise.EventNames(), w.EventType) {
		return ledger.Candidate{}, false
	}
	if w.EventType != string(journey.FinishedSpotCheck) {
		return ledger.Candidate{Account: w.Account, ID: w.JourneyID}, true
	}
	var e journey.Event
	err := json.Unmarshal(w.Event, &e)
	return ledger.Candidate{Account: w.Account, SpotCheck: true, ID: e.Hint.SpotCheck}, err == nil
}

func (s *Screener) rule() ledger.Screening {
	return ledger.Screening{Limit: s.Rules.Unconfirmed, Since: s.now().Add(-screeningWindow)}
}

func (s *Screener) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Run screens until ctx ends, each account by itself: one that IDWise answers slowly
// delays no other.
func (s *Screener) Run(ctx context.Context) {
	var all sync.WaitGroup
	for i := range s.Accounts {
		all.Go(func() { s.screenAccount(ctx, &s.Accounts[i]) })
	}
	all.Wait()
}

func (s *Screener) screenAccount(ctx context.Context, account *config.Account) {
	failures := rate.Sometimes{Interval: time.Minute}
	limiter := rate.NewLimiter(rate.Limit(s.Rules.RequestsPerSecond), 1)
	ticker := time.NewTicker(cmp.Or(s.Interval, screeningInterval))
	defer ticker.Stop()
	for {
		if err := s.pass(ctx, account, limiter); err != nil && ctx.Err() == nil {
			failures.Do(func() {
				s.Logger.ErrorContext(ctx, "screening could not use the ledger", "account", account.Name, "error", err)
			})
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// pass asks about what is due now, as fast as the limiter lets it.
func (s *Screener) pass(ctx context.Context, account *config.Account, limiter *rate.Limiter) error {
	released, err := s.Ledger.TidyScreening(ctx, account.Name, s.rule())
	if err != nil {
		return err
	}
	due, err := s.Ledger.ClaimScreened(ctx, account.Name, max(int(s.Rules.RequestsPerSecond), 1), screeningLease)
	if err != nil {
		return err
	}
	for _, candidate := range due {
		if err := limiter.Wait(ctx); err != nil {
			return nil //nolint:nilerr // the process is stopping; the lease ends by itself
		}
		known, err := s.ask(ctx, account, candidate)
		if err != nil {
			return err
		}
		released = released || known
	}
	if released {
		s.Wake()
	}
	return nil
}

// ask asks the vendor about one candidate and writes down what comes of it. A failure
// of the vendor's is logged and the lease left to end.
func (s *Screener) ask(ctx context.Context, account *config.Account, candidate ledger.Screened) (known bool, err error) {
	asking, cancel := context.WithTimeout(ctx, screeningTimeout)
	defer cancel()
	vendor := s.Vendors[account.Name]
	if candidate.SpotCheck {
		_, err = vendor.SpotCheck(asking, candidate.ID)
	} else {
		_, err = vendor.Result(asking, candidate.ID)
	}
	waited := s.now().Sub(candidate.Since)
	patience := time.Duration(account.Policy("").UnknownAfter)
	switch {
	case err == nil:
		return true, s.Ledger.Release(ctx, candidate.Candidate)
	case !idwise.IsMissing(err):
		s.Logger.WarnContext(ctx, "withheld webhooks go on waiting: IDWise could not be asked", "account", account.Name, "error", err)
		return false, nil
	case waited >= patience:
		s.Logger.WarnContext(ctx, "withheld webhooks stay withheld: IDWise knows no such id", "account", account.Name)
		return false, s.Ledger.MarkUnknown(ctx, candidate.Candidate)
	case waited < screeningAgain/2:
		return false, s.Ledger.AskAgain(ctx, candidate.Candidate, min(screeningAgain, patience))
	default:
		return false, s.Ledger.AskAgain(ctx, candidate.Candidate, patience-waited)
	}
}
