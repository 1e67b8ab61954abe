package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"idjourney/journey"
	"idjourney/notify"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A receiver verifies the signature over the body as it came, answers 2xx, and ignores
// a decision whose sequence is not above the last one that it has seen.
func Example() {
	const secret = "whsec_aWRqb3VybmV5LXRlc3Qtc2VjcmV0LTAx"
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		panic(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhook.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var n notify.Notification
		if err := json.Unmarshal(body, &n); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Println(n.Type, n.Data.JourneyID, n.Data.Decision.Sequence, n.Data.Decision.Outcome)
	}))
	defer receiver.Close()

	id, body, err := notify.Sample(journey.MessageDecided)
	if err != nil {
		panic(err)
	}
	endpoint := notify.Endpoint{Name: "core", URL: receiver.URL, Secrets: []string{secret}}
	err = notify.NewSender(notify.Config{}).Post(context.Background(), endpoint, id, body)
	fmt.Println(err)
	// Output:
	// journey.decided 64f0c2a1b7e94d0012ab34cd 2 on_hold
	// <nil>
}
