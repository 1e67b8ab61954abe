package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

func opening(key, body string) ask {
	return ask{method: "POST", path: "/v1/journeys", token: operatorToken, body: body, header: http.Header{"Idempotency-Key": {key}}}
}

const (
	startBody    = `{"account":"acme","reference":"jane@example.test","flow":"onboarding"}`
	registerBody = `{"account":"acme","reference":"jane@example.test","journeyId":"jny-sdk"}`
)

// recorded is the one event in the ledger.
func (a *testAPI) recorded(t *testing.T) journey.Event {
	t.Helper()
	counts, err := a.ledger.WebhookCounts(t.Context(), "acme")
	must(t, err)
	if len(counts) != 1 || counts[ledger.Forward] != 1 {
		t.Fatalf("got %v in the ledger, want one event to forward", counts)
	}
	w, err := a.ledger.Webhook(t.Context(), 1)
	must(t, err)
	var e journey.Event
	must(t, json.Unmarshal(w.Event, &e))
	return e
}

func TestAJourneyIsStartedOnceForAKey(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	first := a.do(t, opening("k1", startBody))
	if first.status != 201 || first.header.Get("Location") != "/v1/journeys/acme/jny-started" {
		t.Fatalf("got %d %s %s", first.status, first.body, first.header)
	}
	again := a.do(t, opening("k1", startBody))
	if again.status != 201 || again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again: got %d %s, want the kept answer", again.status, again.body)
	}
	if other := a.do(t, opening("k1", strings.Replace(startBody, "jane", "john", 1))); other.status != 409 || !strings.Contains(other.body, "key_reused") {
		t.Errorf("the key with another body: got %d %s", other.status, other.body)
	}
	if len(a.vendor.started) != 1 || a.vendor.started[0] != (idwise.StartRequest{FlowID: "flow-1", ReferenceNo: "jane@example.test"}) {
		t.Errorf("IDWise was asked %v, want once", a.vendor.started)
	}
	if e := a.recorded(t); e.Type != journey.Refresh || e.JourneyID != "jny-started" || e.ReferenceNo != "" {
		t.Errorf("got %+v, want an event that starts the workflow, without the reference", e)
	}
	receive(t, a.woken)
	shown := a.do(t, ask{method: "GET", path: first.header.Get("Location"), token: readerToken})
	for _, part := range []string{`"reference":"jane@example.test"`, `"flow":"onboarding"`, `"customerStatus":"pending"`, `"phase":"awaiting_user_steps"`} {
		if !strings.Contains(shown.body, part) {
			t.Errorf("got %s, want %s in it", shown.body, part)
		}
	}
	if text := a.log.String(); strings.Contains(text, "jane") || !strings.Contains(text, "token=backoffice") || !strings.Contains(text, "id=jny-started") {
		t.Errorf("the log says %s: want who opened which journey, and no reference", text)
	}
}

func TestAKeyOfAnotherTokenIsAnotherKey(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	a.do(t, opening("k1", startBody))
	a.vendor.id = "jny-second"
	other := opening("k1", strings.Replace(startBody, "acme", "globex", 1))
	other.token = otherToken
	if got := a.do(t, other); got.status != 201 || got.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("got %d %s, want a journey of its own", got.status, got.body)
	}
}

// One id contains the other; only the answer about the erased journey is removed.
func TestAKeptAnswerIsGoneWhenItsJourneyIsErased(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	open := func(account, id string) reply {
		a.vendor.id = id
		q := opening("key-of-"+id, strings.Replace(startBody, "acme", account, 1))
		if account != "acme" {
			q.token = otherToken
		}
		return a.do(t, q)
	}
	all := [][2]string{{"globex", "a"}, {"globex", "ba"}, {"acme", "a"}, {"acme", "ab"}}
	for _, j := range all {
		if got := open(j[0], j[1]); got.status != 201 {
			t.Fatalf("%s: got %d %s", j, got.status, got.body)
		}
	}
	must(t, a.ledger.Erase(t.Context(), "globex", "a", noon))
	if got := open("globex", "a"); got.status != 410 || !strings.Contains(got.body, `"code":"erased"`) {
		t.Errorf("the erased journey: got %d %s, want 410 erased", got.status, got.body)
	}
	for _, j := range all[1:] {
		if got := open(j[0], j[1]); got.status != 201 || !strings.Contains(got.body, `"journeyId":"`+j[1]+`"`) {
			t.Errorf("%s: got %d %s, want the kept answer", j, got.status, got.body)
		}
	}
}

// A failure is kept only if something may have been done.
func TestARefusedStartMayBeRepeated(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	for name, c := range map[string]struct {
		failure error
		code    string
		again   int
	}{
		"refused":       {&idwise.APIError{Status: 400}, "vendor_refused", 201},
		"never left":    {fmt.Errorf("waiting: %w", idwise.ErrNotSent), "vendor_refused", 201},
		"lost":          {errors.New("connection reset"), "vendor_unknown", 502},
		"server error":  {&idwise.APIError{Status: 500}, "vendor_unknown", 502},
		"not readable":  {idwise.ErrUnreadable, "vendor_unknown", 502},
		"asked to wait": {&idwise.APIError{Status: 429, Held: true}, "vendor_refused", 201},
	} {
		key := strings.ReplaceAll(name, " ", "-")
		a.vendor.failure = c.failure
		if got := a.do(t, opening(key, startBody)); got.status != 502 || !strings.Contains(got.body, c.code) {
			t.Errorf("%s: got %d %s, want %s", name, got.status, got.body, c.code)
		}
		a.vendor.failure = nil
		if got := a.do(t, opening(key, startBody)); got.status != c.again {
			t.Errorf("%s: asked again got %d %s, want %d", name, got.status, got.body, c.again)
		}
	}
}

func TestARegistrationIsComparedWithIDWise(t *testing.T) {
	t.Parallel()
	const same = "jane@example.test"
	for name, c := range map[string]struct {
		reference, flow string // at IDWise
		known           string // reference in the ledger, from an earlier fetch
		failure         error
		body            string
		status          int
		code            string
	}{
		"the same":           {same, "flow-1", "", nil, registerBody, 201, ""},
		"none at IDWise":     {"", "", "", nil, registerBody, 201, ""},
		"known before":       {same, "flow-1", same, nil, registerBody, 201, ""},
		"the same flow":      {same, "flow-1", "", nil, strings.Replace(registerBody, "{", `{"flow":"onboarding",`, 1), 201, ""},
		"another's":          {"john@example.test", "flow-1", "", nil, registerBody, 409, "reference_mismatch"},
		"another's in ours":  {"", "", "john@example.test", nil, registerBody, 409, "reference_mismatch"},
		"another flow":       {same, "flow-2", "", nil, strings.Replace(registerBody, "{", `{"flow":"flow-1",`, 1), 409, "flow_mismatch"},
		"unknown at IDWise":  {"", "", "", &idwise.APIError{Status: 404, Code: "missing_requested_resource", HasEnvelope: true}, registerBody, 404, "not_found"},
		"IDWise is away":     {"", "", "", errors.New("connection reset"), registerBody, 502, "vendor_refused"},
		"no flow configured": {same, "flow-1", "", nil, strings.Replace(registerBody, "{", `{"flow":"nothing",`, 1), 400, "bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openAPI(t, nil)
			a.vendor.reference, a.vendor.flow, a.vendor.failure = c.reference, c.flow, c.failure
			if c.known != "" {
				must(t, a.ledger.SaveJourney(t.Context(), ledger.Journey{Account: "acme", JourneyID: "jny-sdk", Reference: c.known, UpdatedAt: noon}))
			}
			got := a.do(t, opening("k", c.body))
			if got.status != c.status || !strings.Contains(got.body, c.code) {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.status, c.code)
			}
			if strings.Contains(got.body+a.log.String(), "example.test") {
				t.Errorf("a reference is shown or logged: %s %s", got.body, a.log)
			}
			if len(a.vendor.started) != 0 {
				t.Error("a journey was started")
			}
			if c.status == 201 {
				if e := a.recorded(t); e.JourneyID != "jny-sdk" {
					t.Errorf("got %+v, want an event of the journey", e)
				}
			} else if counts, err := a.ledger.WebhookCounts(t.Context(), "acme"); err != nil || len(counts) != 0 {
				t.Errorf("got %v %v, want no event", counts, err)
			}
		})
	}
}

func TestInvalidStartsAreRefused(t *testing.T) {
	t.Parallel()
	a := openAPI(t, nil)
	for body, names := range map[string]string{
		`{"account":"acme","reference":"r"}`:                                                          "flow",
		`{"account":"acme","flow":"onboarding"}`:                                                      "reference",
		`{"reference":"r","flow":"onboarding"}`:                                                       "account",
		`{"account":"acme","reference":" ","flow":"onboarding"}`:                                      "reference",
		`{"account":"acme","reference":7,"flow":"onboarding"}`:                                        "reference",
		`{"account":"acme","reference":"a\u0000b","flow":"onboarding"}`:                               "reference",
		`{"account":"acme","reference":"` + strings.Repeat("x", 257) + `","flow":"onboarding"}`:       "reference",
		`{"account":"acme","reference":"r","journeyId":""}`:                                           "journeyId",
		`{"account":"acme","reference":"r","journeyId":"../x"}`:                                       "journeyId",
		`{"account":"acme","reference":"r","flow":"onboarding","applicant":{"full_name":"Jane Doe"}}`: "applicant",
	} {
		if got := a.do(t, opening("k", body)); got.status != 400 || !strings.Contains(got.body, names) || strings.Contains(got.body, "Jane") {
			t.Errorf("%s: got %d %s, want 400 that names %s", body, got.status, got.body, names)
		}
	}
	for _, key := range []string{"", "with space", "ümlaut", strings.Repeat("k", 129)} {
		if got := a.do(t, opening(key, startBody)); got.status != 400 || !strings.Contains(got.body, "Idempotency-Key") {
			t.Errorf("key %q: got %d %s", key, got.status, got.body)
		}
	}
	if len(a.vendor.started) != 0 {
		t.Error("a journey was started")
	}
}
