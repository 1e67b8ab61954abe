package notifytest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/notify"
	"idjourney/notify/notifytest"
)

func message(id, journeyID string) journey.Message {
	return journey.Message{
		ID: id, Type: journey.MessageAMLChanged, Account: "bank", JourneyID: journeyID,
		Phase: journey.Settled, At: time.Unix(1_800_000_000, 0), AML: &journey.AMLChange{Version: 2},
	}
}

func start(t *testing.T) (*notifytest.Endpoint, notify.Endpoint) {
	t.Helper()
	e, err := notifytest.New(notifytest.Secret)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	return e, notify.Endpoint{Name: "core", URL: srv.URL, Secrets: []string{notifytest.Secret}}
}

func TestASetStatusFailsRequests(t *testing.T) {
	t.Parallel()
	e, ep := start(t)
	sender := notify.NewSender(notify.Config{})
	e.SetStatus(http.StatusServiceUnavailable)
	var unavailable *notify.Unavailable
	if err := sender.Send(t.Context(), ep, message("m1", "j1"), ""); !errors.As(err, &unavailable) {
		t.Fatalf("got %v, want Unavailable", err)
	}
	e.SetStatus(0)
	for _, m := range []journey.Message{message("m1", "j1"), message("m2", "j2"), message("m1", "j1")} {
		if err := sender.Send(t.Context(), ep, m, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.Attempts(); got != 4 {
		t.Errorf("got %d attempts, want 4", got)
	}
	if got := e.Messages(); len(got) != 2 || got[0].ID != "m1" || got[1].ID != "m2" {
		t.Errorf("got %+v, want m1 then m2", got)
	}
	if got := e.Journey("j2"); len(got) != 1 || got[0].ID != "m2" {
		t.Errorf("got %+v, want m2 alone", got)
	}
}

func TestAwaitEndsWithTheMessageOrTheContext(t *testing.T) {
	t.Parallel()
	e, ep := start(t)
	sent := make(chan error, 1)
	go func() {
		sent <- notify.NewSender(notify.Config{}).Send(context.Background(), ep, message("m1", "j1"), "")
	}()
	got, err := e.Await(t.Context(), func(m []notifytest.Message) bool { return len(m) == 1 })
	if err != nil || len(got) != 1 {
		t.Errorf("got %d messages and %v, want 1", len(got), err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Await(ctx, func([]notifytest.Message) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestUnsignedRequestsAreForged(t *testing.T) {
	t.Parallel()
	e, ep := start(t)
	resp, err := http.Post(ep.URL, "application/json", strings.NewReader(`{"type":"journey.decided"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized || e.Forged() != 1 || len(e.Messages()) != 0 {
		t.Errorf("got %d, %d forged, %d messages; want 401, 1, 0", resp.StatusCode, e.Forged(), len(e.Messages()))
	}
	if _, err := notifytest.New("whsec_!"); err == nil {
		t.Error("a secret that is not base64 was accepted")
	}
}
