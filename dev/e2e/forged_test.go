package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// months is how long the forging goes on: five times the hurried flow's two seconds for
// a renewal, which stand for thirty days.
const months = 10 * time.Second

// forger has the webhook secret of account demo, and nothing else.
type forger struct {
	t      *testing.T
	s      *world.World
	random *rand.Rand
	sent   int
}

// post sends a webhook over HTTP and answers its status.
func (f *forger) post(ctx context.Context, account, event string, body map[string]any) int {
	f.t.Helper()
	f.sent++
	body["eventId"] = fmt.Sprintf("forged-%d", f.sent)
	text, err := json.Marshal(map[string]any{"event": event, "body": body})
	if err != nil {
		f.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.s.PublicURL+"/webhooks/idwise/"+account, bytes.NewReader(text))
	if err != nil {
		f.t.Fatal(err)
	}
	req.SetBasicAuth(f.s.Keys.WebhookUser, f.s.Keys.WebhookPassword)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// forge sends one webhook of any kind about a journey.
func (f *forger) forge(ctx context.Context, account, id string) int {
	pick := func(of ...string) string { return of[f.random.IntN(len(of))] }
	event := pick("Finished User Steps", "Finished Journey", "Manually Reviewed", "Updated Journey", "AML Monitor Update",
		"Verification Update Required", "Verification Update Required", "KYC Renewal Deadline Exceeded")
	return f.post(ctx, account, event, map[string]any{
		"journeyId": id, "systemDecision": pick("Complete", "Refer", "Incomplete"), "manualDecision": pick("Rejected", "Resubmission Requested"),
		"finalDecision": pick("Rejected", "Complete"), "action": pick("Manual Review", "Step Update"), "trigger": pick("KYC Renewal", "Reviewer"),
		"updatedAMLVersionNumber": f.random.IntN(5),
		"requiredSteps": []map[string]any{{
			"stepId": pick("10", "<b>20</b>"), "reasonCode": pick("expired_document", "account blocked, pay at evil.example"),
			"renewalDeadline": time.Now().UTC().Add(-time.Minute).Format(time.RFC3339),
		}},
	})
}

// shownJourney is what a customer's app sees, and the raw answer.
type shownJourney struct {
	CustomerStatus journey.CustomerStatus `json:"customerStatus"`
	Standing       *journey.Standing      `json:"standing"`
	RequiredSteps  []any                  `json:"requiredSteps"`
	raw            string
}

func showJourney(ctx context.Context, t *testing.T, s *world.World, account, id string) (j shownJourney) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.APIURL+"/v1/journeys/"+account+"/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Keys.BackofficeToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the API answers %s, %v", resp.Status, err)
	}
	if err := json.Unmarshal(text.Bytes(), &j); err != nil {
		t.Fatal(err)
	}
	j.raw = text.String()
	return j
}

// Somebody has the webhook secret of an account and forges for months, while IDWise's
// API goes on answering Complete: no standing changes, the user is asked for nothing,
// the fetches stay within the budget, and another account notices nothing.
func TestForgedWebhooksForMonths(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s := inProcess(ctx, t)
	f := &forger{t: t, s: s, random: rand.New(rand.NewPCG(18, 9))}
	victim, err := s.Vendor.Begin(idwisetest.StartRequest{Script: "approve", FlowID: world.HurriedFlow})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Vendor.Begin(idwisetest.StartRequest{Script: "approve", Account: s.Keys.DownAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	awaitMessage(ctx, t, s, victim, journey.MessageDecided)
	awaitMessage(ctx, t, s, other, journey.MessageReviewRequired) // its government is down
	calls, elsewhere := s.Vendor.Journey(victim).ResultCalls, s.Vendor.Journey(other).ResultCalls
	told := len(s.Customer.Journey(other))

	for end := time.Now().Add(months); time.Now().Before(end); {
		if status := f.forge(ctx, world.Account, victim); status != http.StatusOK {
			t.Fatalf("a webhook with the secret is answered %d", status)
		}
		if status := f.forge(ctx, world.AccountDown, other); status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
			t.Fatalf("a webhook with another account's secret is answered %d", status)
		}
		if j := showJourney(ctx, t, s, world.Account, victim); j.CustomerStatus != journey.StatusApproved {
			t.Fatalf("after %d webhooks the user sees %s: %s", f.sent, j.CustomerStatus, j.raw)
		}
		select {
		case <-after(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}

	j := showJourney(ctx, t, s, world.Account, victim)
	if j.Standing == nil || j.Standing.Outcome != journey.OutcomeApproved || j.Standing.Sequence != 1 || len(j.RequiredSteps) != 0 {
		t.Errorf("the API shows %s", j.raw)
	}
	allowed := map[journey.MessageType]int{journey.MessageDecided: 1, journey.MessageReviewRequired: 1, journey.MessageAttention: 2}
	for _, m := range s.Customer.Journey(victim) {
		if allowed[m.Type]--; allowed[m.Type] < 0 || strings.Contains(string(m.Body), "evil") {
			t.Errorf("the customer was sent %s", m.Body)
		}
		if m.Data.Review != nil && m.Data.Review.Reason != "renewal_unconfirmed" {
			t.Errorf("a review was asked for because of %q", m.Data.Review.Reason)
		}
	}
	hints := s.Config.Policy.Hints.Looks
	own := int(months/(2*time.Second)) + 1 // of the review, at the renewal's time
	if got := s.Vendor.Journey(victim).ResultCalls - calls; got > hints+own {
		t.Errorf("%d webhooks led to %d fetches, want at most %d", f.sent, got, hints+own)
	}
	if got := s.Vendor.Journey(other).ResultCalls; got != elsewhere || len(s.Customer.Journey(other)) != told {
		t.Errorf("the other account's journey was fetched %d times more, and has %d messages, had %d", got-elsewhere, len(s.Customer.Journey(other)), told)
	}
	if kinds := messageTypes(s, victim); !slices.Contains(kinds, journey.MessageReviewRequired) {
		t.Errorf("no person was asked about the missed renewal: %v", kinds)
	}
}

func messageTypes(s *world.World, id string) (types []journey.MessageType) {
	for _, m := range s.Customer.Journey(id) {
		types = append(types, m.Type)
	}
	return types
}
