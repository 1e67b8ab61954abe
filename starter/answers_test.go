package starter_test

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/ledger"
)

func TestOtherMethodsAreAnswered405(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} {
		got := h.send(t, method, "/webhooks/idwise/bank", basicAuth(user, password), nil)
		if got.status != 405 || got.header.Get("Allow") != "POST" {
			t.Errorf("%s: got %d, Allow %q; want 405 and POST", method, got.status, got.header.Get("Allow"))
		}
	}
	for _, path := range []string{"/", "/webhooks/idwise", "/webhooks/idwise/bank/", "/webhooks/idwise/bank/x", "/readyz", "/metrics"} {
		if got := h.send(t, "POST", path, basicAuth(user, password), nil); got.status != 404 {
			t.Errorf("%s: got %d, want 404", path, got.status)
		}
	}
}

func TestDispositionOfBodies(t *testing.T) {
	t.Parallel()
	const forward, keep, quarantine = ledger.Forward, ledger.Keep, ledger.Quarantine
	event := func(name, fields string) string { return `{"event":"` + name + `","body":{` + fields + `}}` }
	cases := map[string]struct {
		body, status, reason string
		want                 ledger.Handling
	}{
		"finished journey":     {finishedJourney("e1", "j1"), "recorded", "", forward},
		"finished user steps":  {event("Finished User Steps", `"eventId":"e","journeyId":"j"`), "recorded", "", forward},
		"manually reviewed":    {event("Manually Reviewed", `"eventId":"e","journeyId":"j"`), "recorded", "", forward},
		"updated journey":      {event("Updated Journey", `"eventId":"e","journeyId":"j"`), "recorded", "", forward},
		"aml, misspelt":        {event("aml monior update", `"eventId":"e","journeyId":"j"`), "recorded", "", forward},
		"extra field":          {event("Updated Journey", `"eventId":"e","journeyId":"j","new":{"a":[1]}`), "recorded", "", forward},
		"null reference":       {event("Updated Journey", `"eventId":"e","journeyId":"j","referenceNo":null`), "recorded", "", forward},
		"id as number":         {event("Updated Journey", `"eventId":"e","journeyId":12`), "recorded", "", forward},
		"renewal":              {event("KYC Renewal Deadline Exceeded", `"eventId":"e","journeyId":"j"`), "recorded", "", forward},
		"resubmission":         {event("Verification Update Required", `"eventId":"e","journeyId":"j"`), "recorded", "", forward},
		"spot check":           {event("Finished spot Check", `"eventId":"e","spotCheckJourneyId":"s"`), "recorded", "", forward},
		"ongoing check":        {event("Finished Ongoing Check", `"eventId":"e","journeyId":"j","ongoingCheckId":"s"`), "recorded", "", forward},
		"no spot check id":     {event("Finished Spot Check", `"eventId":"e","journeyId":"j"`), "quarantined", "no_spot_check_id", quarantine},
		"adopt is ours":        {event("adopt", `"eventId":"e","journeyId":"j"`), "kept", "unknown_event", keep},
		"refresh is ours":      {event("refresh", `"eventId":"e","journeyId":"j"`), "kept", "unknown_event", keep},
		"step answered":        {event("Step Answered", `"eventId":"e","journeyId":"j"`), "kept", "unknown_event", keep},
		"spot check failed":    {event("spot check failed", `"eventId":"e","journeyId":"j"`), "kept", "unknown_event", keep},
		"step":                 {event("Finished Step", `"eventId":"e","journeyId":"j"`), "kept", "not_acted_on", keep},
		"unknown event":        {event("Surprise", `"eventId":"e","journeyId":"j"`), "kept", "unknown_event", keep},
		"not JSON":             {"event=Finished+Journey", "quarantined", "not_json", quarantine},
		"JSON array":           {`[` + finishedJourney("e", "j") + `]`, "quarantined", "not_object", quarantine},
		"JSON null":            {"null", "quarantined", "not_object", quarantine},
		"empty":                {"", "quarantined", "empty", quarantine},
		"no event":             {`{"body":{"journeyId":"j"}}`, "quarantined", "no_event", quarantine},
		"missing body":         {`{"event":"Finished Journey"}`, "quarantined", "no_body", quarantine},
		"body null":            {`{"event":"Finished Journey","body":null}`, "quarantined", "no_body", quarantine},
		"no journey id":        {event("Finished Journey", `"eventId":"e"`), "quarantined", "no_journey_id", quarantine},
		"control characters":   {event("Finished Journey", `"eventId":"e","journeyId":"j\u0000\u0007\n"`), "quarantined", "bad_journey_id", quarantine},
		"path in the id":       {event("Finished Journey", `"eventId":"e","journeyId":"../../x"`), "quarantined", "bad_journey_id", quarantine},
		"id of 129 characters": {event("Finished Journey", `"eventId":"e","journeyId":"`+strings.Repeat("a", 129)+`"`), "quarantined", "bad_journey_id", quarantine},
		"bad event id":         {event("Finished Journey", `"eventId":"e\u0001","journeyId":"j"`), "quarantined", "bad_event_id", quarantine},
		"bad spot check id":    {event("Finished Spot Check", `"eventId":"e","spotCheckJourneyId":"s s"`), "quarantined", "bad_spot_check_id", quarantine},
		"NUL in the reference": {event("Finished Journey", `"eventId":"e","journeyId":"j","referenceNo":"a\u0000b"`), "recorded", "", forward},
		"invalid UTF-8":        {"{\"event\":\"Finished Journey\",\"body\":{\"eventId\":\"e\",\"journeyId\":\"j\xff\"}}", "quarantined", "bad_journey_id", quarantine},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			got := h.post(t, c.body)
			want := `{"status":"` + c.status + `"}`
			if c.reason != "" {
				want = `{"reason":"` + c.reason + `","status":"` + c.status + `"}`
			}
			if got.status != 200 || got.body != want {
				t.Errorf("got %d %s, want 200 %s", got.status, got.body, want)
			}
			if counts := h.counts(t, "bank"); counts[c.want] != 1 || len(counts) != 1 {
				t.Errorf("got %v in the ledger, want one %s", counts, c.want)
			}
			if c.want == forward {
				if events := h.temporal.await(t, 1); events[0].Account != "bank" {
					t.Errorf("got %+v at Temporal, want an event of bank", events)
				}
			}
		})
	}
}

func TestTheBodyIsKeptAsItWasSent(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	const body = "\x00\xff not JSON at all\r\n"
	if got := h.post(t, body); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	w, err := h.store.Webhook(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if string(w.Body) != body || w.Account != "bank" {
		t.Errorf("got %q of %s, want what was sent", w.Body, w.Account)
	}
}

func TestADuplicateIsAnsweredAndForwardedOnce(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for i, want := range []string{"recorded", "duplicate", "duplicate"} {
		if got := h.post(t, finishedJourney("e1", "j1")); got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("attempt %d: got %d %s, want 200 %s", i, got.status, got.body, want)
		}
	}
	// Events arrive in order: after this one no other is on its way.
	h.post(t, finishedJourney("e2", "j1"))
	events := h.temporal.await(t, 2)
	if len(events) != 2 || events[0].EventID != "e1" || events[1].EventID != "e2" {
		t.Errorf("got %+v at Temporal, want e1 and e2 once each", events)
	}
}

func TestEventsWithoutAnIDAreNeverDuplicates(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for range 2 {
		if got := h.post(t, finishedJourney("", "j1")); !strings.Contains(got.body, "recorded") {
			t.Errorf("got %s, want recorded", got.body)
		}
	}
	h.temporal.await(t, 2)
}

func TestABodyThatIsTooLargeIsAnswered413(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	large := strings.Repeat("x", 2<<20)
	bodies := map[string]io.Reader{
		"announced":     strings.NewReader(large),
		"not announced": struct{ io.Reader }{strings.NewReader(large)}, // chunked
	}
	for name, body := range bodies {
		if got := h.send(t, "POST", "/webhooks/idwise/bank", basicAuth(user, password), body); got.status != 413 {
			t.Errorf("%s: got %d %s, want 413", name, got.status, got.body)
		}
	}
	// A sender that does not prove to be IDWise does not learn the limit.
	if got := h.send(t, "POST", "/webhooks/idwise/bank", basicAuth(user, "wrong"), strings.NewReader(large)); got.status != 401 {
		t.Errorf("wrong password: got %d, want 401", got.status)
	}
	exact := h.send(t, "POST", "/webhooks/idwise/bank", basicAuth(user, password), strings.NewReader(strings.Repeat(" ", 1<<20)))
	if exact.status != 200 {
		t.Errorf("exactly the limit: got %d, want 200", exact.status)
	}
	if counts := h.counts(t, "bank"); counts[ledger.Quarantine] != 1 || len(counts) != 1 {
		t.Errorf("got %v in the ledger, want the one that fits", counts)
	}
}

func TestAnswersAndLogsHoldNoSecretsAndNoPersonalData(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.post(t, finishedJourney("e1", "j1"))
	h.post(t, `{"event":"jane@example.test","body":{"journeyId":"j"}}`)
	h.post(t, "jane@example.test")
	h.send(t, "POST", "/webhooks/idwise/bank", basicAuth("intruder", "s3cret"), strings.NewReader("{}"))
	h.send(t, "POST", "/webhooks/idwise/fenced", with(basicAuth(user, password), "X-Forwarded-For", "203.0.113.9"), strings.NewReader("{}"))
	events := h.temporal.await(t, 1)
	if events[0].ReferenceNo != "" {
		t.Errorf("the event carries the reference into a workflow's history: %+v", events[0])
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	log := h.log.String()
	for _, secret := range []string{"jane@", "s3cret", "intruder", "203.0.113.9", "127.0.0.1", password} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	for _, want := range []string{"mechanism=basic", "mechanism=allow_ips", "unknown_event", "not_json"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
	w, err := h.store.Webhook(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if w.ReferenceNo != "jane@example.test" || strings.Contains(string(w.Event), "jane@") {
		t.Errorf("got reference %q and event %s; want it in the row and not in the event", w.ReferenceNo, w.Event)
	}
}

func TestEveryAnswerIsCounted(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.post(t, finishedJourney("e1", "j1"))
	h.post(t, finishedJourney("e1", "j1"))
	h.post(t, `{"event":"Surprise","body":{"journeyId":"j"}}`)
	h.post(t, "x")
	h.send(t, "POST", "/webhooks/idwise/nobody", nil, nil)
	h.send(t, "POST", "/webhooks/idwise/bank", nil, nil)
	h.temporal.await(t, 1)
	want := map[string]int64{ // account, outcome, type
		"bank|recorded|Finished Journey": 1, "bank|duplicate|Finished Journey": 1, "bank|recorded|unknown": 1,
		"bank|quarantined|unknown": 1, "unknown|refused|unknown": 1, "bank|refused|unknown": 1,
	}
	if diff := cmp.Diff(want, h.counted(t, "idjourney.webhooks")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := h.stop(); err != nil { // the forwarder has counted once it has ended
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"bank|ok": 1}, h.counted(t, "idjourney.webhooks.forwarded")); diff != "" {
		t.Errorf("forwarded (-want +got):\n%s", diff)
	}
}
