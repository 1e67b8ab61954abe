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

const (
	screeningWindow   = time.Hour
	screeningInterval = time.Second
	screeningLease    = time.Minute
	screeningTimeout  = 20 * time.Second
	// screeningAgain is the wait before the vendor is asked a second time: its API may
	// lag behind its webhook.
	screeningAgain = 10 * time.Minute
)

// Screener keeps invented journey ids from starting workflows without limit. An account may
// have config.Screening.Unconfirmed candidates started within an hour that the vendor has
// not confirmed. Beyond that, a webhook about a new candidate waits in the ledger, the vendor
// is asked in the background, and only what it knows is forwarded. What it does not know
// within policy.unknown_after stays withheld, and is counted as unknown. Journeys that the
// customer's backend has registered are never withheld.
type Screener struct {
	Ledger   *ledger.Ledger
	Accounts []config.Account
	Vendors  map[string]*idwise.Client // by account
	Rules    config.Screening
	Wake     func() // called when there is something to forward
	Logger   *slog.Logger
	Interval time.Duration // between two passes; a second if 0
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

// candidateOf says what a webhook is about; false for an event of our own and for one that
// cannot be read, which f reports.
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
	return ledger.Screening{Limit: s.Rules.Unconfirmed, Since: time.Now().Add(-screeningWindow)}
}

// Run screens until ctx ends, each account by itself, so that slow answers about one do not
// delay the others.
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
	every(ctx, cmp.Or(s.Interval, screeningInterval), func(ctx context.Context) error {
		return s.pass(ctx, account, limiter)
	}, func(err error) {
		failures.Do(func() {
			s.Logger.ErrorContext(ctx, "screening could not use the ledger", "account", account.Name, "error", err)
		})
	})
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

// ask asks the vendor about one candidate and records the answer. A failure of the vendor
// is logged; the lease then ends by itself.
func (s *Screener) ask(ctx context.Context, account *config.Account, candidate ledger.Screened) (known bool, err error) {
	asking, cancel := context.WithTimeout(ctx, screeningTimeout)
	defer cancel()
	vendor := s.Vendors[account.Name]
	if candidate.SpotCheck {
		_, err = vendor.SpotCheck(asking, candidate.ID)
	} else {
		_, err = vendor.Result(asking, candidate.ID)
	}
	waited := time.Since(candidate.Since)
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
