// Package activities does to the world what a journey asks for: one file per
// effect, one thing per activity. Personal data (the personal number, images)
// lives only inside one call of one activity and is in no answer, error or log.
package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"idjourney/config"
	"idjourney/government"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/steps"
	"idjourney/telemetry"
)

// Activities holds what the activities need of the world. Its methods are the
// activities, registered under their own names.
type Activities struct {
	accounts map[string]*account
	ledger   *ledger.Ledger
	sender   *notify.Sender
	measure  *telemetry.Instruments
	key      []byte // of the keyed hashes
	steps    *steps.Client
	apiURL   string // where the services of steps reach our API; may be empty
}

// account is one IDWise account with its connections.
type account struct {
	config     *config.Account
	vendor     *idwise.Client
	next       *idwise.Client    // for the calls of an attempt that follow its first
	government government.Source // nil if the account has none
	// sending has a place for each message that may be on its way to an endpoint.
	sending map[string]chan struct{}
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
	vendor, err := idwise.New(idwise.Config{
		BaseURL:     c.BaseURL,
		Credentials: idwise.Credentials{Key: c.APIKey.Reveal(), Secret: c.APISecret.Reveal()},
		Paths:       c.PathMap(), Timeout: c.Timeout, RequestsPerSecond: c.RequestsPerSecond,
		Observe: func(ctx context.Context, op idwise.Operation, outcome idwise.Outcome, took time.Duration) {
			a.measure.VendorCall(ctx, c.Name, string(op), string(outcome), took)
		},
	})
	if err != nil {
		return nil, err
	}
	acc := &account{config: c, vendor: vendor, next: vendor.Patient(5 * time.Second), sending: map[string]chan struct{}{}}
	for _, e := range c.Endpoints {
		acc.sending[e.Name] = make(chan struct{}, max(e.MaxConcurrent, 1))
	}
	if g := c.Government; g != nil {
		acc.government, err = government.NewHTTP(government.HTTPConfig{URL: g.URL, Token: g.Token.Reveal(), Timeout: g.Timeout})
	}
	a.expect(c)
	return acc, err
}

// expect shows at 0 what has not happened to an account yet.
func (a *Activities) expect(c *config.Account) {
	e := telemetry.Expected{
		Account: c.Name, Government: c.Government != nil,
		Operations: []string{
			string(idwise.JourneyResult), string(idwise.ProcessCustomStep), string(idwise.CompleteCustomStep),
			string(idwise.ReadAMLHistory), string(idwise.ReadSpotCheck), string(idwise.DeleteJourney),
		},
		DeliveryOutcomes: []string{
			string(ledger.DeliveryDelivered), string(ledger.DeliveryPending), string(ledger.DeliveryParked),
		},
		Severities: []string{string(journey.SeverityLow), string(journey.SeverityMedium), string(journey.SeverityHigh)},
		Outcomes: []string{
			string(journey.OutcomeApproved), string(journey.OutcomeRejected), string(journey.OutcomeOnHold),
		},
	}
	for _, t := range notify.Types() {
		e.Messages = append(e.Messages, string(t))
	}
	for _, outcome := range idwise.Outcomes() {
		e.OperationOutcomes = append(e.OperationOutcomes, string(outcome))
	}
	for _, endpoint := range c.Endpoints {
		e.Endpoints = append(e.Endpoints, endpoint.Name)
	}
	a.measure.ExpectWork(context.Background(), e)
}

// account finds a journey's account. One that this worker's configuration does
// not list is tried again: a worker that lists it may be on its way.
func (a *Activities) account(name string) (*account, error) {
	acc, ok := a.accounts[name]
	if !ok {
		return nil, temporal.NewApplicationError(fmt.Sprintf("the configuration of this worker lists no account %q", name), "account_unlisted")
	}
	return acc, nil
}

// vendorUnavailable is a failed call that is worth trying again, after as long as the
// vendor asked for. A call that was only not its turn is no failure: the activity gives
// its slot back and returns when it may be made.
func vendorUnavailable(ctx context.Context, err error) error {
	wait, _ := idwise.RetryAfter(err)
	wait = withinBudget(activity.GetInfo(ctx), wait)
	if errors.Is(err, idwise.ErrNotSent) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), "vendor_throttled", temporal.ApplicationErrorOptions{
			NextRetryDelay: wait, Category: temporal.ApplicationErrorCategoryBenign,
		})
	}
	return retryable("vendor_unavailable", err, wait)
}

// withinBudget shortens a wait that would end the activity at once: Temporal makes no
// attempt that would begin after the time-out.
func withinBudget(info activity.Info, wait time.Duration) time.Duration {
	if info.ScheduleToCloseTimeout <= 0 {
		return wait
	}
	left := time.Until(info.ScheduledTime.Add(info.ScheduleToCloseTimeout))
	return min(wait, max(left/2, time.Second))
}

// retryable wraps an error under a code. The cause's text is kept: the errors of
// idwise, government, notify and ledger carry neither personal data nor secrets.
func retryable(code string, err error, wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), code, temporal.ApplicationErrorOptions{NextRetryDelay: wait})
}

// link ties the activity's span to the webhooks that caused it: they came in
// traces of their own, and the workflow's trace is that of the first one only.
func link(ctx context.Context, traceparents []string) {
	for _, parent := range traceparents {
		telemetry.AddLink(ctx, parent)
	}
}
