package main

import (
	"context"
	"fmt"
	"time"

	"idjourney/api"
	"idjourney/idwise"
	"idjourney/ledger"
)

// customerAPI returns the customer's API, nil where no token is configured.
func customerAPI(h *house, f *ledger.Forwarder) (*api.API, error) {
	if len(h.cfg.API.Tokens) == 0 {
		return nil, nil //nolint:nilnil // off is no failure
	}
	vendors := map[string]api.Vendor{}
	for _, a := range h.cfg.Accounts {
		client, err := idwise.New(idwise.Config{
			BaseURL: a.BaseURL, Credentials: idwise.Credentials{Key: a.APIKey.Reveal(), Secret: a.APISecret.Reveal()},
			Paths: a.PathMap(), Timeout: a.Timeout, RequestsPerSecond: a.RequestsPerSecond,
			Observe: func(ctx context.Context, op idwise.Operation, outcome idwise.Outcome, took time.Duration) {
				h.telemetry.Instruments.VendorCall(ctx, a.Name, string(op), string(outcome), took)
			},
		})
		if err != nil {
			return nil, fmt.Errorf("setting up the API for account %s: %w", a.Name, err)
		}
		vendors[a.Name] = client
	}
	return api.New(api.Config{
		Tokens: h.cfg.API.Tokens, Accounts: h.cfg.Accounts, Ledger: h.ledger,
		Operator: api.NewOperator(h.temporal, h.cfg.TaskQueue), Vendors: vendors,
		Wake: f.Wake, Logger: h.logger,
		Callback: api.NewStepCallback(api.StepCallbackConfig{
			Accounts: h.cfg.Accounts, Ledger: h.ledger, Wake: f.Wake, Logger: h.logger,
		}),
	})
}
