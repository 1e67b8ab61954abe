package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"idjourney/config"
	"idjourney/government/governmenttest"
	"idjourney/httpserver"
	"idjourney/idwise/idwisetest"
	"idjourney/notify/notifytest"
)

// StandIn plays IDWise for one account until ctx ends and, for a trial run, the others that
// a journey talks to: a government's register if it has a token, and a customer's endpoint,
// with a list of what it received, if it has a secret. The scale multiplies IDWise's waits.
func StandIn(ctx context.Context, address string, account idwisetest.Account, scale float64, registerToken, customerSecret string) error {
	vendor := idwisetest.New(idwisetest.Config{Accounts: []idwisetest.Account{account}, Scale: scale, Logger: slog.Default()})
	defer vendor.Close()
	mux := http.NewServeMux()
	mux.Handle("/", vendor)
	if registerToken != "" {
		mux.Handle("POST /government/faces", governmenttest.New(registerToken))
	}
	if customerSecret != "" {
		customer, err := notifytest.New(customerSecret)
		if err != nil {
			return fmt.Errorf("STANDIN_CUSTOMER_SECRET: %w", err)
		}
		mux.Handle("POST /customer/idjourney", customer)
		mux.HandleFunc("GET /customer/messages", func(w http.ResponseWriter, _ *http.Request) {
			bodies := []json.RawMessage{}
			for _, m := range customer.Messages() {
				bodies = append(bodies, m.Body)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(bodies) // fails only if the reader has disconnected
		})
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	slog.Info("the stand-in vendor listens", "address", address)
	server := httpserver.New(mux, config.Intake{ReadHeaderTimeout: 5 * time.Second})
	return httpserver.Run(ctx, "stand-in", server, listener, 5*time.Second)
}
