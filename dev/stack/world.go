package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"idjourney/government/governmenttest"
	"idjourney/idwise/idwisetest"
	"idjourney/notify/notifytest"
)

// startWorld starts what idjourney talks to: the vendor, the government's
// registers, the customer.
func (s *Stack) startWorld(_ context.Context, d *doors) error {
	s.Register = governmenttest.New(s.Keys.GovernmentToken)
	s.DownRegister = governmenttest.New(s.Keys.DownGovernmentToken)
	s.DownRegister.SetDown(true)
	registers := http.NewServeMux()
	registers.Handle("/faces", s.Register)
	registers.Handle("/down/faces", s.DownRegister)

	var err error
	if s.Customer, err = notifytest.New(s.Keys.CoreSecret); err != nil {
		return fmt.Errorf("making the customer's endpoint: %w", err)
	}
	s.Vendor = idwisetest.New(idwisetest.Config{Scale: Scale, Logger: s.opts.Logger, Accounts: []idwisetest.Account{
		{
			Key: s.Keys.APIKey, Secret: s.Keys.APISecret, WebhookURL: s.WebhookURL(Account), FlowID: flowID,
			BasicUser: s.Keys.WebhookUser, BasicPassword: s.Keys.WebhookPassword,
		},
		{
			Key: s.Keys.DownAPIKey, Secret: s.Keys.DownAPISecret, WebhookURL: s.WebhookURL(AccountDown), FlowID: flowID,
			WebhookHeader: http.Header{"Authorization": {"Bearer " + s.Keys.DownWebhookToken}, "X-Webhook-Key": {s.Keys.DownWebhookKey}},
		},
	}})
	s.serve(d.government, registers)
	s.serve(d.customer, s.customer())
	s.serve(d.vendor, s.Vendor)
	s.undo(func() error { s.Vendor.Close(); return nil })
	return nil
}

// customer is the endpoint, and for people a list of what it received.
func (s *Stack) customer() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /idjourney", s.Customer)
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, _ *http.Request) {
		bodies := []json.RawMessage{}
		for _, m := range s.Customer.Messages() {
			bodies = append(bodies, m.Body)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(bodies) // the reader has gone
	})
	return mux
}

// serve answers on l until Stop.
func (s *Stack) serve(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	s.undo(func() error {
		closing := server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return errors.Join(closing, err)
		}
		return closing
	})
}
