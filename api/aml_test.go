package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
)

// heldBecause puts a journey on hold, as the workflow records it.
func (a *testAPI) heldBecause(t *testing.T, id, reason string, aml bool) {
	t.Helper()
	ctx, since := t.Context(), noon.Add(-time.Hour)
	d := journey.Decision{
		ID: journey.DecisionID("acme", id, 1), Account: "acme", JourneyID: id, Sequence: 1, Outcome: journey.OutcomeOnHold,
		Source: journey.SourcePolicy, Final: "Complete", Reasons: []string{reason}, PolicyVersion: "p1", DecidedBy: "policy", DecidedAt: since,
	}
	s := journey.Snapshot{
		At: noon, Phase: journey.AwaitingReview, Since: since,
		Review:    &journey.Review{ID: "rev_" + id, Kind: journey.ReviewLocal, Reason: reason, Since: since},
		Attention: []journey.AttentionItem{{Code: journey.AttentionVendorDenied, Since: since}},
	}
	if aml {
		d.AMLVersion, d.AMLMatches = 1, 1
		s.Alerts = []journey.Alert{{ID: "alr_" + id, Severity: journey.SeverityHigh, Since: since, Matches: []string{"m-1"}, Changes: 1}}
		s.Attention = append(s.Attention, journey.AttentionItem{Code: journey.AttentionAMLGap, Since: since})
	}
	must(t, a.ledger.SaveJourney(ctx, ledger.Journey{Account: "acme", JourneyID: id, Reference: "customer-4711", UpdatedAt: since}))
	_, err := a.ledger.SaveDecision(ctx, d, journey.Settled)
	must(t, err)
	must(t, a.ledger.SaveSnapshot(ctx, "acme", id, s))
}

// everything is all that a token sees of a journey, with the journey's own ids replaced.
func (a *testAPI) everything(t *testing.T, token, id string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{"/v1/journeys/acme/" + id, "/v1/journeys/acme/" + id + "/decisions", "/v1/decisions", "/v1/reviews", "/v1/attention"} {
		got := a.do(t, ask{method: "GET", path: path, token: token})
		if got.status != 200 {
			t.Fatalf("%s: got %d %s", path, got.status, got.body)
		}
		text := strings.ReplaceAll(got.body, journey.DecisionID("acme", id, 1), "dec_ID")
		all[strings.ReplaceAll(path, id, "ID")] = strings.ReplaceAll(text, id, "ID")
	}
	return all
}

func TestAllHoldsLookAlikeWithoutTheScope(t *testing.T) {
	t.Parallel()
	match, other := openAPI(t, nil), openAPI(t, nil)
	match.heldBecause(t, "jny-aml", "aml_match", true)
	other.heldBecause(t, "jny-other", "unknown_value", false)
	for _, token := range []string{readerToken, clerkToken} {
		hidden := match.everything(t, token, "jny-aml")
		if diff := cmp.Diff(other.everything(t, token, "jny-other"), hidden); diff != "" {
			t.Errorf("the holds differ (-other +AML):\n%s", diff)
		}
		for path, text := range hidden {
			if strings.Contains(strings.ToLower(text), "aml") || strings.Contains(text, "m-1") || strings.Contains(text, "policy\"") {
				t.Errorf("%s shows AML: %s", path, text)
			}
		}
	}
	seen := match.everything(t, officerToken, "jny-aml")
	for path, want := range map[string]string{
		"/v1/journeys/acme/ID": `"id":"alr_ID"`, "/v1/journeys/acme/ID/decisions": "aml_match", "/v1/decisions": "aml_match",
		"/v1/reviews": "alr_ID", "/v1/attention": "aml_gap",
	} {
		if !strings.Contains(seen[path], want) {
			t.Errorf("%s: got %s, want %s for who may see AML", path, seen[path], want)
		}
	}
}

// A changed ETag would reveal that an alert was opened or ended.
func TestAHiddenAlertDoesNotChangeTheETag(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.heldBecause(t, "jny-1", "unknown_value", false)
	tag := func(token string) string {
		return a.do(t, ask{method: "GET", path: "/v1/journeys/acme/jny-1", token: token}).header.Get("Etag")
	}
	clerk, officer := tag(clerkToken), tag(officerToken)
	v, err := a.ledger.View(t.Context(), "acme", "jny-1")
	must(t, err)
	v.Snapshot.At, v.Snapshot.Alerts = noon.Add(time.Minute), []journey.Alert{{ID: "alr_1", Severity: journey.SeverityHigh, Since: noon, Changes: 1}}
	must(t, a.ledger.SaveSnapshot(t.Context(), "acme", "jny-1", v.Snapshot))
	if got := tag(clerkToken); got != clerk {
		t.Errorf("got the ETag %s, want %s as before the alert", got, clerk)
	}
	if got := tag(officerToken); got == officer {
		t.Error("the alert does not change the ETag of who may see it")
	}
}

func TestActsOnAMLNeedTheScope(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.heldBecause(t, "jny-aml", "aml_match", true)
	a.heldBecause(t, "jny-other", "unknown_value", false)
	must(t, a.ledger.SaveJourney(t.Context(), ledger.Journey{Account: "acme", JourneyID: "jny-open", UpdatedAt: noon}))
	for _, c := range []struct{ id, act, body string }{
		{"ID", "review", `{"review":"rev_ID","outcome":"approved","reason":"why"}`},
		{"ID", "review", `{"review":"rev_ID","outcome":"rejected","reason":"why"}`},
		{"ID", "review", `{"review":"alr_ID","disposition":"accepted","reason":"why"}`},
		{"ID", "override", `{"outcome":"approved","sequence":1,"reason":"why"}`},
		{"ID", "override", `{"outcome":"rejected","sequence":1,"reason":"why"}`},
		{"ID", "end-relationship", `{"reason":"why"}`},
	} {
		var bodies []string
		for _, id := range []string{"jny-aml", "jny-other"} {
			got := a.do(t, ask{method: "POST", path: "/v1/journeys/acme/" + id + "/" + c.act, token: clerkToken, body: strings.ReplaceAll(c.body, "ID", id)})
			if got.status != http.StatusForbidden || !strings.Contains(got.body, "aml:read") {
				t.Errorf("%s %s: got %d %s, want 403", id, c.body, got.status, got.body)
			}
			bodies = append(bodies, got.body)
		}
		if bodies[0] != bodies[1] {
			t.Errorf("%s: the refusals of holds differ: %v", c.act, bodies)
		}
	}
	if got := a.do(t, ask{method: "POST", path: "/v1/attention/acme/aml_gap/acknowledge", token: clerkToken}); got.status != http.StatusNotFound {
		t.Errorf("acknowledging: got %d %s, want 404", got.status, got.body)
	}
	if sent := a.operator.sent(); len(sent) != 0 {
		t.Fatalf("sent %v, want nothing", sent)
	}
	// A journey that is not on hold is decided without the scope; the act says so.
	got := a.do(t, ask{method: "POST", path: "/v1/journeys/acme/jny-open/review", token: clerkToken, body: `{"review":"rev_1","outcome":"approved","reason":"why"}`})
	if sent := a.operator.sent(); got.status != 200 || len(sent) != 1 || !sent[0].arg.(journey.Reviewed).AMLHidden {
		t.Errorf("got %d %s, sent %v", got.status, got.body, sent)
	}
	got = a.do(t, ask{method: "POST", path: "/v1/journeys/acme/jny-aml/review", token: operatorToken, body: `{"review":"alr_jny-aml","disposition":"accepted","reason":"why"}`})
	if sent := a.operator.sent(); got.status != 200 || len(sent) != 2 || sent[1].arg.(journey.Reviewed).AMLHidden {
		t.Errorf("with the scope: got %d %s, sent %v", got.status, got.body, sent)
	}
}

// The text that a person writes may name the match, and the person's name the department.
func TestReasonsOfOperatorsAreHidden(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	_, err := a.ledger.SaveDecision(t.Context(), journey.Decision{
		ID: journey.DecisionID("acme", "jny-1", 1), Account: "acme", JourneyID: "jny-1", Sequence: 1, Outcome: journey.OutcomeRejected, Source: journey.SourceOperator,
		Reasons: []string{"on the sanctions list"}, PolicyVersion: "p", DecidedBy: "officer", DecidedAt: noon,
	}, journey.Settled)
	must(t, err)
	feed := func(token string) string {
		return a.do(t, ask{method: "GET", path: "/v1/decisions", token: token}).body
	}
	if got := feed(clerkToken); strings.Contains(got, "sanctions") || strings.Contains(got, "officer") || !strings.Contains(got, `"decidedBy":"operator"`) {
		t.Errorf("without the scope: %s", got)
	}
	if got := feed(officerToken); !strings.Contains(got, "sanctions") || !strings.Contains(got, "officer") {
		t.Errorf("with the scope: %s", got)
	}
}
