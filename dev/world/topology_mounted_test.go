package world_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"idjourney/dev/world"
	"idjourney/notify"
)

// firstLook does what the file and .env.example are first used for: the mounted
// configuration, with everybody else played by the service standin.
func firstLook(ctx context.Context, t *testing.T, top *world.Topology) {
	t.Helper()
	url, err := top.RunMounted(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var begun struct {
		JourneyID string `json:"journey_id"`
	}
	ask(ctx, t, http.MethodPost, url+"/control/journeys", `{"script":"approve","reference":"customer-1"}`, &begun)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		var messages []notify.Notification
		ask(ctx, t, http.MethodGet, url+"/customer/messages", "", &messages)
		for _, m := range messages {
			if d := m.Data.Decision; d != nil && m.Data.JourneyID == begun.JourneyID && d.Outcome == "approved" {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("journey %q was not approved: %+v", begun.JourneyID, messages)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func ask(ctx context.Context, t *testing.T, method, url, body string, answer any) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s answers %s: %s", url, resp.Status, text)
	}
}
