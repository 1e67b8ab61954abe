// Package activities carries out the effects of a journey, one activity per effect. Personal
// data (the personal number, images) exists only during one execution of one activity and
// appears in no answer, error or log.
package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/government"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/steps"
	"idjourney/telemetry"
)

// Activities holds the dependencies of the activities. Its methods are the activities,
// registered under their own names.
type Activities struct {
	accounts map[string]*account
	ledger   *ledger.Ledger
	sender   *notify.Sender
	measure  *telemetry.Instruments
	key      []byte // of the keyed hashes
	steps    *steps.Client
	apiURL   string // the URL of our API for step services; may be empty
}

// account is one IDWise account with its connections.
type account struct {
	config     *config.Account
	vendor     *idwise.Client
	next       *idwise.Client    // for the requests of an attempt after its first
	government government.Source // nil if the account has none
	// hints is the account's budget of fetches that only webhooks ask for.
	hints     *rate.Limiter
	endpoints map[string]endpoint
}

// endpoint is one of the customer's, with a slot per message that may be in flight to it.
type endpoint struct {
	notify.Endpoint
	slots chan struct{}
}

// New connects every configured account. The error says which account is wrong.
func New(cfg *config.Config, store *ledger.Ledger, sender *notify.Sender, measure *telemetry.Instruments) (*Activities, error) {
	a := &Activities{
		accounts: map[string]*account{}, ledger: store, sender: sender, measure: measure,
		key: []byte(cfg.ReferenceKey.Reveal()), steps: steps.NewClient(), apiURL: cfg.API.URL,
	}
	for i := range cfg.Accounts {
		acc, err := a.connect(&cfg.Accounts[i])
		if err != nil {
			return nil, fmt.Errorf("connecting account %s: %w", cfg.Accounts[i].Name, err)
		}
		a.accounts[cfg.Accounts[i].Name] = acc
	}
	return a, nil
}

func (a *Activities) connect(c *config.Account) (*account, error) {
	vendor, err := c.Vendor(a.measure.VendorCall)
	if err != nil {
		return nil, err
	}
	acc := &account{config: c, vendor: vendor, next: vendor.Patient(5 * time.Second), endpoints: map[string]endpoint{}}
	acc.hints = rate.NewLimiter(rate.Limit(c.HintsPerSecond), max(1, int(c.HintsPerSecond)))
	for _, e := range c.Endpoints {
		to := notify.Endpoint{Name: e.Name, URL: e.URL, Timeout: e.Timeout}
		for _, secret := range e.Secrets {
			to.Secrets = append(to.Secrets, secret.Reveal())
		}
		acc.endpoints[e.Name] = endpoint{to, make(chan struct{}, max(e.MaxConcurrent, 1))}
	}
	if g := c.Government; g != nil {
		acc.government, err = government.NewHTTP(government.HTTPConfig{URL: g.URL, Token: g.Token.Reveal(), Timeout: g.Timeout})
	}
	a.expect(c)
	return acc, err
}

// expect initialises the account's counters, so that they show 0 before the first event.
func (a *Activities) expect(c *config.Account) {
	e := telemetry.Expected{
		Account: c.Name, Government: c.Government != nil,
		Operations: texts(idwise.JourneyResult, idwise.ProcessCustomStep, idwise.CompleteCustomStep,
			idwise.ReadAMLHistory, idwise.ReadSpotCheck, idwise.DeleteJourney),
		OperationOutcomes: texts(idwise.Outcomes()...),
		DeliveryOutcomes:  texts(ledger.DeliveryDelivered, ledger.DeliveryPending, ledger.DeliveryParked),
		Messages:          texts(notify.Types()...),
		Severities:        texts(journey.SeverityLow, journey.SeverityMedium, journey.SeverityHigh),
		Outcomes:          texts(journey.OutcomeApproved, journey.OutcomeRejected, journey.OutcomeOnHold),
	}
	for _, endpoint := range c.Endpoints {
		e.Endpoints = append(e.Endpoints, endpoint.Name)
	}
	a.measure.ExpectWork(context.Background(), e)
}

func texts[T ~string](values ...T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// account finds a journey's account.
func (a *Activities) account(name string) (*account, error) {
	acc, ok := a.accounts[name]
	if !ok {
		return nil, unlisted("account", name, "")
	}
	return acc, nil
}

// begin links the activity's span and finds the account.
func (a *Activities) begin(ctx context.Context, name string, traceparents []string) (*account, error) {
	link(ctx, traceparents)
	return a.account(name)
}

// link links the activity's span to the webhooks that caused it: each has a trace of its
// own, and the workflow's trace is that of the first webhook only.
func link(ctx context.Context, traceparents []string) {
	for _, parent := range traceparents {
		telemetry.AddLink(ctx, parent)
	}
}

// journey is the ledger's journey; the zero value if it has none.
func (a *Activities) journey(ctx context.Context, account, id string) (ledger.Journey, error) {
	if id == "" {
		return ledger.Journey{}, nil
	}
	j, err := a.ledger.Journey(ctx, account, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return ledger.Journey{}, nil
	}
	return j, err
}
