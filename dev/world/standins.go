package world

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

// startStandIns starts what idjourney talks to: the vendor, the government's
// registers, the customer.
func (w *World) startStandIns(_ context.Context, d *doors) error {
	w.Register = governmenttest.New(w.Keys.GovernmentToken)
	w.DownRegister = governmenttest.New(w.Keys.DownGovernmentToken)
	w.DownRegister.SetDown(true)
	registers := http.NewServeMux()
	registers.Handle("/faces", w.Register)
	registers.Handle("/down/faces", w.DownRegister)

	var err error
	if w.Customer, err = notifytest.New(w.Keys.CoreSecret); err != nil {
		return fmt.Errorf("making the customer's endpoint: %w", err)
	}
	w.Vendor = idwisetest.New(idwisetest.Config{Scale: Scale, Logger: w.opts.Logger, Accounts: []idwisetest.Account{
		{
			Key: w.Keys.APIKey, Secret: w.Keys.APISecret, WebhookURL: w.WebhookURL(Account), FlowID: flowID,
			BasicUser: w.Keys.WebhookUser, BasicPassword: w.Keys.WebhookPassword,
		},
		{
			Key: w.Keys.DownAPIKey, Secret: w.Keys.DownAPISecret, WebhookURL: w.WebhookURL(AccountDown), FlowID: flowID,
			WebhookHeader: http.Header{"Authorization": {"Bearer " + w.Keys.DownWebhookToken}, "X-Webhook-Key": {w.Keys.DownWebhookKey}},
		},
	}})
	w.serve(d.government, registers)
	w.serve(d.customer, w.customer())
	w.serve(d.vendor, w.Vendor)
	w.undo(func() error { w.Vendor.Close(); return nil })
	return nil
}

// customer is the endpoint, and for people a list of what it received.
func (w *World) customer() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /idjourney", w.Customer)
	mux.HandleFunc("GET /messages", func(answer http.ResponseWriter, _ *http.Request) {
		bodies := []json.RawMessage{}
		for _, m := range w.Customer.Messages() {
			bodies = append(bodies, m.Body)
		}
		answer.Header().Set("Content-Type", "application/json")
		encoder := json.NewEncoder(answer)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(bodies) // fails only if the reader has gone
	})
	return mux
}

// serve answers on l until Stop.
func (w *World) serve(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	w.undo(func() error {
		closing := server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return errors.Join(closing, err)
		}
		return closing
	})
}
