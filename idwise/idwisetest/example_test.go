package idwisetest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"idjourney/idwise"
	"idjourney/idwise/idwisetest"
)

// A test runs the vendor in its own process: it points the webhooks at the endpoint under
// test and the client at the stand-in.
func Example() {
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer endpoint.Close()
	vendor := idwisetest.New(idwisetest.Config{
		Accounts: []idwisetest.Account{{Key: "key", Secret: "secret", WebhookURL: endpoint.URL}},
		Scale:    0.0001, // the vendor's five minutes are 30 ms
	})
	defer vendor.Close()
	api := httptest.NewServer(vendor)
	defer api.Close()
	client, err := idwise.New(idwise.Config{
		BaseURL: api.URL, Credentials: idwise.Credentials{Key: "key", Secret: "secret"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	id := vendor.Start("", "approve-0001")
	if _, err := vendor.Await(ctx, id, func(s idwisetest.Snapshot) bool { return s.Phase == idwisetest.PhaseUserDone }); err != nil {
		fmt.Println(err)
		return
	}
	if err := client.CompleteCustomStep(ctx, id); err != nil {
		fmt.Println(err)
		return
	}
	snap, err := vendor.Await(ctx, id, func(s idwisetest.Snapshot) bool { return s.Phase == idwisetest.PhaseFinished })
	fmt.Println(snap.Final, err)
	// Output: Complete <nil>
}
