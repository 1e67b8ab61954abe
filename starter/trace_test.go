package starter_test

import (
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"idjourney/starter"
)

func TestTheEventNamesTheSpanOfItsWebhook(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	h := open(t, func(c *starter.Config) {
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	const outer = "0af7651916cd43dd8448eb211c80319c" // a proxy's trace
	header := with(basicAuth(user, password), "Traceparent", "00-"+outer+"-b7ad6b7169203331-01")
	got := h.send(t, http.MethodPost, "/webhooks/idwise/bank", header, strings.NewReader(finishedJourney("e1", "j1")))
	if got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	event := h.temporal.await(t, 1)[0]
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	ended := spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("got %d spans, want 1", len(ended))
	}
	sc := ended[0].SpanContext()
	if want := "00-" + outer + "-" + sc.SpanID().String() + "-01"; event.TraceParent != want {
		t.Errorf("got traceparent %q, want %q", event.TraceParent, want)
	}
	for _, kv := range ended[0].Attributes() {
		if strings.Contains(kv.Value.String(), "jane@") {
			t.Errorf("the span holds the reference: %s", kv.Key)
		}
	}
	w, err := h.store.Webhook(t.Context(), 1)
	if err != nil || w.TraceParent != event.TraceParent {
		t.Errorf("got %q in the ledger and %v, want %q", w.TraceParent, err, event.TraceParent)
	}
}

func TestNoTracingMeansNoTraceParent(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.post(t, finishedJourney("e1", "j1"))
	if got := h.temporal.await(t, 1)[0].TraceParent; got != "" {
		t.Errorf("got %q, want none", got)
	}
}
