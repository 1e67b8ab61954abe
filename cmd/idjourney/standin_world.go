package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"idjourney/government/governmenttest"
	"idjourney/notify/notifytest"
)

// standinWorld puts the others that a journey talks to beside the vendor: a
// government's register if STANDIN_GOVERNMENT_TOKEN is set, and a customer's
// endpoint, with a list of what it received, if STANDIN_CUSTOMER_SECRET is.
func standinWorld(vendor http.Handler) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.Handle("/", vendor)
	if token := os.Getenv("STANDIN_GOVERNMENT_TOKEN"); token != "" {
		mux.Handle("POST /government/faces", governmenttest.New(token))
	}
	secret := os.Getenv("STANDIN_CUSTOMER_SECRET")
	if secret == "" {
		return mux, nil
	}
	customer, err := notifytest.New(secret)
	if err != nil {
		return nil, fmt.Errorf("STANDIN_CUSTOMER_SECRET: %w", err)
	}
	mux.Handle("POST /customer/idjourney", customer)
	mux.HandleFunc("GET /customer/messages", func(w http.ResponseWriter, _ *http.Request) {
		bodies := []json.RawMessage{}
		for _, m := range customer.Messages() {
			bodies = append(bodies, m.Body)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(bodies) // the reader has gone
	})
	return mux, nil
}
