package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"idjourney/api"
	"idjourney/journey"
	"idjourney/ledger"
)

func get[T any](t *testing.T, a *testAPI, token, path string) T {
	t.Helper()
	got := a.do(t, ask{method: "GET", path: path, token: token})
	var v T
	if got.status != 200 {
		t.Fatalf("%s: got %d %s", path, got.status, got.body)
	}
	must(t, json.Unmarshal([]byte(got.body), &v))
	return v
}

type anyObject = map[string]any

func TestAMLIsShownOnlyWithTheScope(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	app, officer := a.do(t, ask{method: "GET", path: known, token: readerToken}), a.do(t, ask{method: "GET", path: known, token: officerToken})
	if strings.Contains(app.body, "aml_1") || strings.Contains(app.body, "m-1") || !strings.Contains(officer.body, `"matches":["m-1"]`) {
		t.Errorf("got %s for the app, %s for the officer", app.body, officer.body)
	}
	if app.header.Get("Etag") == officer.header.Get("Etag") {
		t.Error("two different answers have the same ETag")
	}
	for _, part := range []string{`"customerStatus":"on_hold"`, `"requiredSteps":[{"stepId":"10","reasonCode":"EXPIRED"}]`, `"requiredFor":"renewal"`,
		`"id":"rev_1"`, `"overdue":true`, `"code":"vendor_denied"`, `"outcome":"on_hold","sequence":1`} {
		if !strings.Contains(officer.body, part) {
			t.Errorf("got %s, want %s in it", officer.body, part)
		}
	}
	decisions := func(token string) string {
		return a.do(t, ask{method: "GET", path: known + "/decisions", token: token}).body + a.do(t, ask{method: "GET", path: "/v1/decisions", token: token}).body
	}
	if strings.Contains(decisions(readerToken), "amlMatches") || !strings.Contains(decisions(officerToken), `"amlMatches":1`) {
		t.Errorf("got %s and %s", decisions(readerToken), decisions(officerToken))
	}
	reviews := func(token, query string) string {
		return a.do(t, ask{method: "GET", path: "/v1/reviews" + query, token: token}).body
	}
	if got := reviews(readerToken, ""); strings.Contains(got, "aml_1") || strings.Contains(got, "rev_1") {
		t.Errorf("the app's reviews: %s", got)
	}
	if got := reviews(officerToken, "?kind=aml&overdue=true"); !strings.Contains(got, "aml_1") || strings.Contains(got, "rev_1") {
		t.Errorf("the officer's alerts: %s", got)
	}
	if got := a.do(t, ask{method: "GET", path: "/v1/reviews?kind=aml", token: readerToken}); got.status != 403 || !strings.Contains(got.body, "aml:read") {
		t.Errorf("got %d %s, want 403 that names aml:read", got.status, got.body)
	}
	for _, query := range []string{"?kind=x", "?overdue=maybe", "?after=x", "?limit=0", "?limit=501"} {
		if got := a.do(t, ask{method: "GET", path: "/v1/reviews" + query, token: readerToken}); got.status != 400 {
			t.Errorf("%s: got %d %s, want 400", query, got.status, got.body)
		}
	}
}

// A caller that follows the feed gets each decision of its accounts once, and no other.
func TestTheFeedIsFollowedByItsNext(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	for i := range 7 {
		for _, account := range []string{"acme", "globex"} {
			id := fmt.Sprintf("jny-%d", i)
			_, err := a.ledger.SaveDecision(t.Context(), journey.Decision{
				ID: journey.DecisionID(account, id, 1), Account: account, JourneyID: id, Sequence: 1, Outcome: journey.OutcomeApproved,
				Source: journey.SourceVendor, PolicyVersion: "p", DecidedBy: "vendor", DecidedAt: noon,
			}, journey.Settled)
			must(t, err)
		}
	}
	type page struct {
		Items []struct {
			Decision struct{ Account, JourneyID string }
		}
		Next int64
	}
	var ids []string
	var after int64
	for {
		p := get[page](t, a, readerToken, fmt.Sprintf("/v1/decisions?after=%d&limit=3", after))
		if len(p.Items) == 0 {
			if p.Next != after {
				t.Errorf("an empty page goes on at %d, want %d", p.Next, after)
			}
			break
		}
		for _, item := range p.Items {
			if item.Decision.Account != "acme" {
				t.Errorf("got a decision of %s", item.Decision.Account)
			}
			ids = append(ids, item.Decision.JourneyID)
		}
		after = p.Next
	}
	if got := strings.Join(ids, " "); got != "jny-0 jny-1 jny-2 jny-3 jny-4 jny-5 jny-6" {
		t.Errorf("got %s, want each once, in order", got)
	}
	for _, query := range []string{"after=-1", "after=x", "limit=0", "limit=501", "limit=1&limit=2"} {
		if got := a.do(t, ask{method: "GET", path: "/v1/decisions?" + query, token: readerToken}); got.status != 400 {
			t.Errorf("%s: got %d %s, want 400", query, got.status, got.body)
		}
	}
}

func TestSearchFindsByReference(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	for i, id := range []string{"jny-a", "jny-b"} {
		must(t, a.ledger.SaveJourney(t.Context(), ledger.Journey{Account: "acme", JourneyID: id, Reference: "jane@example.test",
			Phase: journey.Settled, UpdatedAt: noon.Add(time.Duration(i) * time.Minute)}))
	}
	must(t, a.ledger.SaveJourney(t.Context(), ledger.Journey{Account: "globex", JourneyID: "jny-c", Reference: "jane@example.test", UpdatedAt: noon}))
	search := func(reference string) string {
		return a.do(t, ask{method: "POST", path: "/v1/journeys/search", token: readerToken, body: `{"account":"acme","reference":"` + reference + `"}`}).body
	}
	got := search("jane@example.test")
	if b, first := strings.Index(got, "jny-b"), strings.Index(got, "jny-a"); b < 0 || first < b || strings.Contains(got, "jny-c") {
		t.Errorf("got %s, want jny-b and then jny-a", got)
	}
	if got := search("jane"); got != `{"journeys":[]}` {
		t.Errorf("got %s, want none", got)
	}
}

func TestAttentionIsAcknowledged(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	list := func() []anyObject {
		return get[struct{ Attention []anyObject }](t, a, readerToken, "/v1/attention?account=acme").Attention
	}
	find := func(code string) anyObject {
		for _, i := range list() {
			if i["code"] == code {
				return i
			}
		}
		t.Fatalf("no %s in %v", code, list())
		return nil
	}
	denied := find("vendor_denied")
	if denied["owner"] != "operations" || denied["count"] != 1.0 || denied["acknowledgedBy"] != nil || denied["text"] == "" {
		t.Errorf("got %v", denied)
	}
	acknowledge := func(code string) int {
		return a.do(t, ask{method: "POST", path: "/v1/attention/acme/" + code + "/acknowledge", token: operatorToken}).status
	}
	if got := acknowledge("vendor_denied"); got != 204 {
		t.Errorf("got %d, want 204", got)
	}
	if got := find("vendor_denied"); got["acknowledgedBy"] != "backoffice" || got["acknowledgedAt"] != "2026-01-23T12:00:00Z" {
		t.Errorf("got %v, want it taken on by the token", got)
	}
	for _, code := range []string{"complete_failed", "no-such-code"} {
		if got := acknowledge(code); got != 404 {
			t.Errorf("%s: got %d, want 404", code, got)
		}
	}
}

func TestHeldSpotChecksAreListed(t *testing.T) {
	t.Parallel()
	a := openAPI(t, func(*api.Config) {})
	a.fill(t)
	held := get[struct{ SpotChecks []anyObject }](t, a, readerToken, "/v1/spot-checks").SpotChecks
	if len(held) != 1 || held[0]["spotCheckJourneyId"] != "spot-1" || held[0]["outcome"] != "on_hold" {
		t.Errorf("got %v", held)
	}
	if other := get[struct{ SpotChecks []anyObject }](t, a, otherToken, "/v1/spot-checks").SpotChecks; len(other) != 0 {
		t.Errorf("another account's token sees %v", other)
	}
}
