package activities_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/activities"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
	"idjourney/telemetry"
)

// measured gives the world activities with instruments, and returns a reader of them.
func measured(t *testing.T, w *world) (page func() string) {
	t.Helper()
	tel, err := telemetry.Setup(t.Context(), telemetry.Config{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if w.activities, err = activities.New(w.config, w.ledger, notify.NewSender(notify.Config{}), tel.Instruments); err != nil {
		t.Fatal(err)
	}
	return func() string {
		answer := httptest.NewRecorder()
		tel.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return answer.Body.String()
	}
}

func wantLines(t *testing.T, page string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

// A decision counts when it is recorded, however often it is sent.
func TestADecisionIsMeasuredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := measured(t, w)
	d := decision("j1", 1, journey.OutcomeApproved)
	for n, ago := range []time.Duration{90 * time.Minute, 20 * time.Second} {
		hook := ledger.Webhook{Account: account, JourneyID: "j1", Handling: ledger.Forward, Event: []byte("{}"), ReceivedAt: d.DecidedAt.Add(-ago), Body: []byte{byte(n)}}
		if _, _, err := w.ledger.RecordWebhook(t.Context(), hook); err != nil {
			t.Fatal(err)
		}
	}
	w.door.set(true, "", nil)
	if _, err := run(t, w.activities.Publish, decided(d)); err == nil {
		t.Fatal("the decision was delivered although the endpoint is unavailable")
	}
	w.door.set(false, "", nil)
	must(t, w.activities.Publish, decided(d))
	must(t, w.activities.Publish, decided(d))
	later := decision("j1", 2, journey.OutcomeRejected)
	later.Source, later.DecidedAt = journey.SourceOperator, d.DecidedAt.Add(time.Minute)
	must(t, w.activities.Publish, decided(later))
	unseen := decision("j2", 1, journey.OutcomeOnHold) // its webhook went to Temporal directly
	must(t, w.activities.Publish, decided(unseen))

	text := page()
	wantLines(t, text,
		`idjourney_decisions_total{account="`+account+`",outcome="approved",source="vendor"} 1`,
		`idjourney_decisions_total{account="`+account+`",outcome="rejected",source="operator"} 1`,
		`idjourney_decisions_total{account="`+account+`",outcome="on_hold",source="vendor"} 1`,
		`idjourney_decision_seconds_sum{account="`+account+`",first="true",outcome="approved"} 5400`,
		`idjourney_decision_seconds_count{account="`+account+`",first="true",outcome="approved"} 1`,
		`idjourney_decision_seconds_sum{account="`+account+`",first="false",outcome="rejected"} 5460`,
		`idjourney_decision_reaction_seconds_count{account="`+account+`",outcome="approved"} 1`,
		`idjourney_deliveries_total{account="`+account+`",endpoint="core",outcome="pending"} 1`,
		`idjourney_deliveries_total{account="`+account+`",endpoint="core",outcome="delivered"} 3`,
		`idjourney_deliveries_total{account="`+account+`",endpoint="core",outcome="parked"} 0`,
		`idjourney_delivery_seconds_count{account="`+account+`",endpoint="core"} 4`,
	)
	for _, absent := range []string{`idjourney_decision_reaction_seconds_count{account="` + account + `",outcome="rejected"`, `outcome="on_hold"} 1` + "\nidjourney_decision_seconds"} {
		if strings.Contains(text, absent) {
			t.Errorf("the metrics show %s", absent)
		}
	}
}

func TestCallsAreMeasured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := measured(t, w)
	w.fetch(t, w.vendor.Start("never-finish", "customer-1"))
	w.fetch(t, "unknown-journey")
	wantLines(t, page(),
		`idjourney_vendor_requests_total{account="`+account+`",operation="journey_result",outcome="ok"} 1`,
		`idjourney_vendor_requests_total{account="`+account+`",operation="journey_result",outcome="missing"} 1`,
		`idjourney_vendor_requests_total{account="`+account+`",operation="journey_result",outcome="failed"} 0`,
		`idjourney_vendor_request_seconds_count{account="`+account+`",operation="journey_result"} 2`,
		`idjourney_government_requests_total{account="`+account+`",outcome="failed"} 0`,
	)
}

// A message counts once across all endpoints, activities and attempts, and an adopted
// journey does not count as our decision.
func TestMessagesAreMeasuredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := measured(t, w)
	changed := journey.PublishInput{Endpoint: core, Message: message("j1", journey.MessageAMLChanged)}
	changed.Message.AML = &journey.AMLChange{Version: 2, Severity: journey.SeverityHigh, Alert: "alr_1"}
	reminder := journey.PublishInput{Endpoint: core, Message: message("j1", journey.MessageReviewReminder)}
	reminder.Message.Alert = &journey.Alert{ID: "alr_1", Severity: journey.SeverityHigh}
	silent := journey.PublishInput{Message: journey.Message{Account: account, JourneyID: "j1", At: published}}
	toAnother := reminder
	toAnother.Endpoint = "another" // which only the next worker lists
	inputs := []journey.PublishInput{changed, reminder, adoptedBaseline("j2"), silent, toAnother}

	w.door.set(true, "", nil)
	for range 2 {
		for _, in := range inputs {
			_, _ = run(t, w.activities.Publish, in) // the endpoint is unavailable
		}
	}
	w.door.set(false, "", nil)
	for _, in := range inputs[:4] {
		must(t, w.activities.Publish, in)
	}
	wantLines(t, page(),
		`idjourney_messages_total{account="`+account+`",type="aml.changed"} 1`,
		`idjourney_messages_total{account="`+account+`",type="journey.review_reminder"} 1`,
		`idjourney_messages_total{account="`+account+`",type="journey.adopted"} 1`,
		`idjourney_messages_total{account="`+account+`",type="journey.review_overdue"} 0`,
		`idjourney_aml_alerts_total{account="`+account+`",severity="high"} 1`,
		`idjourney_aml_alerts_total{account="`+account+`",severity="low"} 0`,
		`idjourney_journeys_adopted_total{account="`+account+`",outcome="approved"} 1`,
	)
	if strings.Contains(page(), "idjourney_decisions_total{") {
		t.Errorf("an adopted journey counts as a decision:\n%s", page())
	}
}

// A message that waits for its endpoint's share counts once it is sent, not at each try.
func TestAWaitingMessageIsMeasuredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Accounts[0].Endpoints[0].MaxConcurrent = 1
	page := measured(t, w)
	arrived, answer, done := make(chan struct{}, 2), make(chan struct{}), make(chan error)
	w.door.set(false, "", func() { arrived <- struct{}{}; <-answer })
	go func() {
		_, err := run(t, w.activities.Publish, decided(decision("j1", 1, journey.OutcomeApproved)))
		done <- err
	}()
	<-arrived
	reminder := journey.PublishInput{Endpoint: core, Message: message("j2", journey.MessageReviewReminder)}
	for range 3 {
		_, err := run(t, w.activities.Publish, reminder)
		wantRetry(t, err, "endpoint_busy", time.Second)
	}
	close(answer)
	if err := <-done; err != nil {
		t.Error(err)
	}
	must(t, w.activities.Publish, reminder)
	wantLines(t, page(), `idjourney_messages_total{account="`+account+`",type="journey.review_reminder"} 1`)
}

func TestErasuresAreMeasured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := measured(t, w)
	for _, status := range []int{403, 500} {
		w.road.answers(callDelete, status, "", "")
		_, _ = run(t, w.activities.Erase, eraseInput("j1"))
	}
	w.road.set(nil)
	must(t, w.activities.Erase, eraseInput("j1"))
	wantLines(t, page(),
		`idjourney_erasures_total{account="`+account+`",outcome="denied"} 1`,
		`idjourney_erasures_total{account="`+account+`",outcome="unreachable"} 1`,
		`idjourney_erasures_total{account="`+account+`",outcome="done"} 1`,
		`idjourney_erasures_total{account="`+account+`",outcome="ledger"} 0`,
	)
}

// The gauges show every kind of work that waits for people, at 0 if there is none.
func TestGaugesKnowWhatWaitsForPeople(t *testing.T) {
	t.Parallel()
	tel, err := telemetry.Setup(t.Context(), telemetry.Config{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	none := func(context.Context) (telemetry.Figures, error) { return telemetry.Figures{}, nil }
	if err := tel.Instruments.ObserveFigures(none, ledger.NoFigures(map[string][]string{account: nil})); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	tel.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	page := answer.Body.String()
	codes, severities := journey.AttentionCodes(), []journey.Severity{journey.SeverityLow, journey.SeverityMedium, journey.SeverityHigh}
	for _, code := range codes {
		wantLines(t, page, `idjourney_attention_open{account="`+account+`",code="`+string(code)+`"} 0`)
	}
	for _, s := range severities {
		wantLines(t, page, `idjourney_aml_alerts_open{account="`+account+`",severity="`+string(s)+`"} 0`)
	}
	for series, want := range map[string]int{"idjourney_attention_open{": len(codes), "idjourney_aml_alerts_open{": len(severities)} {
		if got := strings.Count(page, "\n"+series); got != want {
			t.Errorf("%s has %d series, want %d", series, got, want)
		}
	}
}
