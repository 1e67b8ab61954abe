package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"idjourney/government/governmenttest"
	"idjourney/idwise/idwisetest"
	"idjourney/notify/notifytest"
)

func standinCommand() *cobra.Command {
	var listen, webhook, flow string
	var scale float64
	cmd := &cobra.Command{
		Use:   "standin",
		Short: "Play the vendor: its API, its webhooks, and a control API below /control/",
		Long: "Plays the vendor for people and tests. The API's key and secret, and the webhooks' basic password, come from\n" +
			"STANDIN_KEY, STANDIN_SECRET, STANDIN_WEBHOOK_USER and STANDIN_WEBHOOK_PASSWORD. With STANDIN_GOVERNMENT_TOKEN\n" +
			"it is a register of faces as well, at /government/faces, and with STANDIN_CUSTOMER_SECRET the endpoint that\n" +
			"decisions go to, at /customer/idjourney; /customer/messages lists them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account := idwisetest.Account{
				Key: os.Getenv("STANDIN_KEY"), Secret: os.Getenv("STANDIN_SECRET"), FlowID: flow, WebhookURL: webhook,
				BasicUser: os.Getenv("STANDIN_WEBHOOK_USER"), BasicPassword: os.Getenv("STANDIN_WEBHOOK_PASSWORD"),
			}
			if account.Key == "" || account.Secret == "" || webhook == "" {
				return errors.New("the stand-in needs STANDIN_KEY, STANDIN_SECRET and --webhook, the endpoint's address")
			}
			vendor := idwisetest.New(idwisetest.Config{Accounts: []idwisetest.Account{account}, Scale: scale, Logger: slog.Default()})
			defer vendor.Close()
			world, err := standinWorld(vendor)
			if err != nil {
				return err
			}
			slog.Info("the stand-in vendor listens", "address", listen)
			return serve(cmd.Context(), listen, world)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "where the stand-in listens")
	cmd.Flags().StringVar(&webhook, "webhook", "", "where the webhooks go, for example http://127.0.0.1:8080/webhooks/idwise/acme")
	cmd.Flags().StringVar(&flow, "flow", "flow-onboarding", "id of the flow of journeys that name none")
	cmd.Flags().Float64Var(&scale, "scale", 1, "multiplies the vendor's waits: 0.001 turns 5 minutes into 300 ms")
	return cmd
}

func serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	return nil
}

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
		_ = json.NewEncoder(w).Encode(bodies) // fails only if the reader has gone
	})
	return mux, nil
}
