package stack

import (
	"fmt"

	"idjourney/api"
	"idjourney/idwise"
	"idjourney/ledger"
)

// customerAPI is the customer's API as the command starter makes it.
func (s *Stack) customerAPI(forwarder *ledger.Forwarder) (*api.API, error) {
	vendors := map[string]api.Vendor{}
	for _, a := range s.Config.Accounts {
		vendor, err := idwise.New(idwise.Config{
			BaseURL: a.BaseURL, Credentials: idwise.Credentials{Key: a.APIKey.Reveal(), Secret: a.APISecret.Reveal()},
			Paths: a.PathMap(), Timeout: a.Timeout, RequestsPerSecond: a.RequestsPerSecond,
		})
		if err != nil {
			return nil, fmt.Errorf("setting up the API for account %s: %w", a.Name, err)
		}
		vendors[a.Name] = vendor
	}
	return api.New(api.Config{
		Tokens: s.Config.API.Tokens, Accounts: s.Config.Accounts, Ledger: s.Ledger,
		Operator: api.NewOperator(s.Client, s.Config.TaskQueue), Vendors: vendors,
		Wake: forwarder.Wake, Logger: s.opts.Logger,
		Callback: api.NewStepCallback(api.StepCallbackConfig{
			Accounts: s.Config.Accounts, Ledger: s.Ledger, Wake: forwarder.Wake, Logger: s.opts.Logger,
		}),
	})
}
