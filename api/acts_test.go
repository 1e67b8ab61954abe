package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

const known = "/v1/journeys/acme/jny-known"

func TestActsCarryActorAndContent(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	for _, c := range []struct {
		q    ask
		want any
	}{
		{ask{method: "POST", path: known + "/review", body: `{"review":"rev_1","outcome":"rejected","reason":"why"}`},
			journey.Reviewed{Review: "rev_1", Outcome: journey.OutcomeRejected, Actor: "backoffice", Reason: "why"}},
		{ask{method: "POST", path: known + "/review", body: `{"review":"aml_1","disposition":"true_match","reason":"why"}`},
			journey.Reviewed{Review: "aml_1", Disposition: journey.TrueMatch, Actor: "backoffice", Reason: "why"}},
		{ask{method: "POST", path: known + "/override", body: `{"outcome":"on_hold","sequence":0,"reason":"why"}`},
			journey.Act{Kind: "override", Outcome: journey.OutcomeOnHold, Actor: "backoffice", Reason: "why"}},
		{ask{method: "POST", path: known + "/retry-step", body: `{"step":"government_face","reason":"why"}`},
			journey.Act{Kind: "retry-step", Step: "government_face", Actor: "backoffice", Reason: "why"}},
		{ask{method: "POST", path: known + "/end-relationship", body: `{"reason":"why"}`},
			journey.Act{Kind: "end-relationship", Actor: "backoffice", Reason: "why"}},
		{ask{method: "POST", path: known + "/refresh"},
			journey.Act{Kind: "refresh", Actor: "backoffice", Reason: "asked to look again"}},
		{ask{method: "DELETE", path: known, token: eraserToken},
			journey.Act{Kind: "erase", Actor: "privacy", Reason: "erasure was asked for", AMLHidden: true}},
	} {
		if c.q.token == "" {
			c.q.token = operatorToken
		}
		got := a.do(t, c.q)
		if got.status != 200 && got.status != 202 || !strings.Contains(got.body, `"sequence":2`) {
			t.Errorf("%s: got %d %s", c.q.path, got.status, got.body)
		}
		acts := a.operator.sent()
		last := acts[len(acts)-1]
		if last.account != "acme" || last.id != "jny-known" {
			t.Errorf("%s: acted on %s %s", c.q.path, last.account, last.id)
		}
		if diff := cmp.Diff(c.want, last.arg); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.q.path, diff)
		}
	}
	if got := strings.Count(a.log.String(), "API act"); got != 7 {
		t.Errorf("%d lines of acts in the log, want 7:\n%s", got, a.log)
	}
}

func TestIncompleteActsAreRefused(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	for _, c := range [][2]string{
		{"review", `{"outcome":"approved","reason":"why"}`},
		{"review", `{"review":"rev_1","reason":"why"}`},
		{"review", `{"review":"rev_1","outcome":"approved"}`},
		{"review", `{"review":"rev_1","outcome":"on_hold","reason":"why"}`},
		{"review", `{"review":"rev_1","outcome":"approved","disposition":"accepted","reason":"why"}`},
		{"review", `{"review":"rev_1","disposition":"none","reason":"why"}`},
		{"override", `{"outcome":"approved","reason":"why"}`},
		{"override", `{"outcome":"expired","sequence":1,"reason":"why"}`},
		{"override", `{"outcome":"approved","sequence":-1,"reason":"why"}`},
		{"override", `{"outcome":"approved","sequence":"1","reason":"why"}`},
		{"retry-step", `{"reason":"why"}`},
		{"end-relationship", `{"reason":"  "}`},
		{"end-relationship", `{"reason":"` + strings.Repeat("x", 501) + `"}`},
		{"refresh", `{"reason":""}`},
	} {
		if got := a.do(t, ask{method: "POST", path: known + "/" + c[0], token: operatorToken, body: c[1]}); got.status != 400 {
			t.Errorf("%s %s: got %d %s, want 400", c[0], c[1], got.status, got.body)
		}
	}
	if sent := a.operator.sent(); len(sent) != 0 {
		t.Errorf("sent %v, want nothing", sent)
	}
}

// No act wakes a journey that is over for good; an ended one can still be erased.
func TestFinalJourneysAreNotChanged(t *testing.T) {
	t.Parallel()
	for phase, erased := range map[journey.Phase]bool{journey.Ended: false, journey.Erased: true} {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			a := openAPI(t, nil)
			a.fill(t)
			must(t, a.ledger.SaveSnapshot(t.Context(), "acme", "jny-known", journey.Snapshot{At: noon, Phase: phase, Since: noon}))
			for _, act := range []string{"refresh", "end-relationship"} {
				got := a.do(t, ask{method: "POST", path: known + "/" + act, token: operatorToken, body: `{"reason":"why"}`})
				if got.status != 409 || !strings.Contains(got.body, `"closed"`) {
					t.Errorf("%s: got %d %s, want 409 closed", act, got.status, got.body)
				}
			}
			if got := a.do(t, ask{method: "DELETE", path: known, token: eraserToken}); got.status != 202 {
				t.Errorf("erasing: got %d %s, want 202", got.status, got.body)
			}
			if sent := len(a.operator.sent()); (sent == 0) != erased || sent > 1 {
				t.Errorf("%d acts were sent", sent)
			}
		})
	}
}

func TestASpotCheckIsLinkedToAJourneyOfItsAccount(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.fill(t)
	link := func(spot, body string) reply {
		return a.do(t, ask{method: "POST", path: "/v1/spot-checks/acme/" + spot + "/link", token: operatorToken, body: body})
	}
	if got := link("spot-1", `{"journeyId":"jny-known","reason":"why"}`); got.status != 204 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	for spot, body := range map[string]string{"spot-1": `{"journeyId":"jny-unknown","reason":"why"}`, "spot-9": `{"journeyId":"jny-known","reason":"why"}`} {
		if got := link(spot, body); got.status != 404 {
			t.Errorf("%s %s: got %d %s, want 404", spot, body, got.status, got.body)
		}
	}
	if got := link("spot-1", `{"journeyId":"a/b","reason":"why"}`); got.status != 400 {
		t.Errorf("got %d %s, want 400", got.status, got.body)
	}
	sent := a.operator.sent()
	if text := fmt.Sprintf("%+v", sent); len(sent) != 1 || !strings.Contains(text, "jny-known") || !strings.Contains(text, "backoffice") {
		t.Errorf("sent %s, want one link in the token's name", text)
	}
}
