package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func setup(t *testing.T) *Telemetry {
	t.Helper()
	tel, err := Setup(context.Background(), Config{Service: "idjourney-test", Version: "v0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return tel
}

func scrape(t *testing.T, tel *Telemetry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	tel.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != 200 {
		t.Fatalf("status %d:\n%s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func wantLines(t *testing.T, page string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the metrics lack the line\n%s\nthey are\n%s", line, withoutRuntime(page))
		}
	}
}

func withoutRuntime(page string) string {
	var kept []string
	for line := range strings.SplitSeq(page, "\n") {
		if strings.Contains(line, "temporal") || strings.Contains(line, "idjourney") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// With the SDK's own buckets, made for milliseconds, all of this would be le=5.
func TestSecondsHaveSensibleBuckets(t *testing.T) {
	t.Parallel()
	tel := setup(t)
	ctx := context.Background()
	tel.Instruments.Acknowledged.Record(ctx, 7*time.Millisecond, "acme")
	tel.Instruments.Acknowledged.Record(ctx, 700*time.Millisecond, "acme")
	tel.MetricsHandler.WithTags(map[string]string{"operation": "x"}).Timer("temporal_request_latency").Record(40 * time.Millisecond)
	wantLines(t, scrape(t, tel),
		`idjourney_webhook_ack_seconds_bucket{account="acme",le="0.005"} 0`,
		`idjourney_webhook_ack_seconds_bucket{account="acme",le="0.01"} 1`,
		`idjourney_webhook_ack_seconds_bucket{account="acme",le="0.5"} 1`,
		`idjourney_webhook_ack_seconds_bucket{account="acme",le="1"} 2`,
		`temporal_request_latency_seconds_bucket{operation="x",le="0.025"} 0`,
		`temporal_request_latency_seconds_bucket{operation="x",le="0.05"} 1`,
	)
}

func TestInstruments(t *testing.T) {
	t.Parallel()
	tel := setup(t)
	ctx := context.Background()
	i := tel.Instruments
	i.Webhooks.Add(ctx, "acme", "Finished Journey", string(WebhookRecorded))
	i.Webhooks.Add(ctx, "acme", "Finished Journey", string(WebhookRecorded))
	i.Forwarded(ctx, "acme", 3*time.Second, nil)
	i.Forwarded(ctx, "acme", time.Hour, errors.New("away"))
	i.Deliveries.Add(ctx, "acme", "core", "parked")
	i.Decisions.Add(ctx, "acme", "approved", "vendor")
	i.TimeToDecision.Record(ctx, 5*time.Hour, "acme", "approved", "true")
	i.Reaction.Record(ctx, 40*time.Millisecond, "acme", "approved")
	i.VendorCall(ctx, "acme", "journey_result", "held", 0)
	i.VendorCall(ctx, "acme", "journey_result", "ok", time.Second)
	i.GovernmentCall(ctx, "acme", GovernmentNoRecord, time.Second)
	i.DeliveryTook.Record(ctx, time.Second, "acme", "core")
	i.ExpectWebhooks(ctx, "acme")
	i.ExpectWork(ctx, Expected{
		Account: "acme", Government: true, Operations: []string{"journey_result"}, OperationOutcomes: []string{"failed"},
		Endpoints: []string{"core"}, DeliveryOutcomes: []string{"delivered"},
	})
	tel.MetricsHandler.Counter("temporal_corrupted_signals").Inc(2)
	page := scrape(t, tel)
	wantLines(t, page,
		`idjourney_webhooks_total{account="acme",outcome="recorded",type="Finished Journey"} 2`,
		`idjourney_webhooks_forwarded_total{account="acme",outcome="ok"} 1`,
		`idjourney_webhooks_forwarded_total{account="acme",outcome="failed"} 1`,
		`idjourney_webhook_forward_lag_seconds_count{account="acme"} 1`,
		`idjourney_deliveries_total{account="acme",endpoint="core",outcome="parked"} 1`,
		`idjourney_deliveries_total{account="acme",endpoint="core",outcome="delivered"} 0`,
		`idjourney_decisions_total{account="acme",outcome="approved",source="vendor"} 1`,
		`idjourney_decision_seconds_bucket{account="acme",first="true",outcome="approved",le="14400"} 0`,
		`idjourney_decision_seconds_bucket{account="acme",first="true",outcome="approved",le="43200"} 1`,
		`idjourney_decision_reaction_seconds_bucket{account="acme",outcome="approved",le="0.05"} 1`,
		`idjourney_vendor_requests_total{account="acme",operation="journey_result",outcome="held"} 1`,
		`idjourney_vendor_requests_total{account="acme",operation="journey_result",outcome="ok"} 1`,
		`idjourney_vendor_requests_total{account="acme",operation="journey_result",outcome="failed"} 0`,
		`idjourney_vendor_request_seconds_count{account="acme",operation="journey_result"} 1`,
		`idjourney_government_requests_total{account="acme",outcome="no_record"} 1`,
		`idjourney_government_requests_total{account="acme",outcome="failed"} 0`,
		`idjourney_government_request_seconds_count{account="acme"} 1`,
		`idjourney_delivery_seconds_count{account="acme",endpoint="core"} 1`,
		`idjourney_webhooks_total{account="acme",outcome="unavailable",type="unknown"} 0`,
		`# TYPE temporal_corrupted_signals_total counter`,
	)
	if !strings.Contains(page, `service_name="idjourney-test"`) || !strings.Contains(page, "go_goroutines") {
		t.Error("the metrics lack the service's name or Go's own")
	}
}

// Two parts of idjourney in one process must not share or double anything.
func TestTwoSetupsShareNothing(t *testing.T) {
	t.Parallel()
	one, two := setup(t), setup(t)
	one.Instruments.Decisions.Add(context.Background(), "acme", "approved", "vendor")
	if page := scrape(t, two); strings.Contains(page, "idjourney_decisions") {
		t.Error("the second set-up shows the first one's measurements")
	}
}

func TestSetupNeedsService(t *testing.T) {
	t.Parallel()
	if _, err := Setup(context.Background(), Config{}); err == nil {
		t.Error("Setup without a service's name succeeded")
	}
}
