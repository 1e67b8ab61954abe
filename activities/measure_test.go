package activities_test

import (
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

// measured gives the world activities that measure, and returns how to read it.
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

// A decision counts when it is recorded, however often it has to be sent.
func TestADecisionIsMeasuredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := measured(t, w)
	d := decision("j1", 1, journey.OutcomeApproved)
	for n, ago := range []time.Duration{90 * time.Minute, 20 * time.Second} {
		hook := ledger.Webhook{Account: account, JourneyID: "j1", Disposition: ledger.Forward, Event: []byte("{}"), ReceivedAt: d.DecidedAt.Add(-ago), Body: []byte{byte(n)}}
		if _, _, err := w.ledger.RecordWebhook(t.Context(), hook); err != nil {
			t.Fatal(err)
		}
	}
	w.door.set(true, "", nil)
	if _, err := run(t, w.activities.Publish, decided(d)); err == nil {
		t.Fatal("the endpoint is away and the decision was delivered")
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
	w.fetch(t, "nobody-knows-it")
	wantLines(t, page(),
		`idjourney_vendor_requests_total{account="`+account+`",operation="journey_result",outcome="ok"} 1`,
		`idjourney_vendor_requests_total{account="`+account+`",operation="journey_result",outcome="missing"} 1`,
		`idjourney_vendor_requests_total{account="`+account+`",operation="journey_result",outcome="failed"} 0`,
		`idjourney_vendor_request_seconds_count{account="`+account+`",operation="journey_result"} 2`,
		`idjourney_government_requests_total{account="`+account+`",outcome="failed"} 0`,
	)
}
