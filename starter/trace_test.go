package starter_test

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"idjourney/ledger"
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

// The forwarder may run much later, in another process; its span is still a child of the
// webhook's.
func TestForwardingIsPartOfTheWebhooksTrace(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	away := newTemporal()
	away.setDown(true)
	forward := starter.Forward(away, nil, tracer)
	hook := ledger.Webhook{Account: "bank", Event: []byte(`{}`), TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	if err := forward(awaitContext(t), hook); err == nil {
		t.Fatal("Temporal is away and took the event")
	}
	away.setDown(false)
	if err := forward(awaitContext(t), hook); err != nil {
		t.Fatal(err)
	}
	ended := spans.Ended()
	if len(ended) != 2 {
		t.Fatalf("got %d spans, want one for each try", len(ended))
	}
	for n, want := range []codes.Code{codes.Error, codes.Unset} {
		got := ended[n]
		if got.Parent().SpanID().String() != "b7ad6b7169203331" || got.SpanContext().TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("try %d hangs below %s, want the webhook", n+1, got.Parent().SpanID())
		}
		if got.Status().Code != want {
			t.Errorf("try %d has status %s, want %s", n+1, got.Status().Code, want)
		}
	}
}

// An unsampled trace is not written to the journey's history. The ledger keeps it, so that the
// forwarder starts no other.
func TestAnUnsampledWebhookIsNotLinkedTo(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *starter.Config) {
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())).Tracer("test")
	})
	h.post(t, finishedJourney("e1", "j1"))
	if got := h.temporal.await(t, 1)[0].TraceParent; got != "" {
		t.Errorf("the event has the traceparent %q, want none", got)
	}
	w, err := h.store.Webhook(t.Context(), 1)
	if err != nil || !strings.HasSuffix(w.TraceParent, "-00") {
		t.Errorf("got %q in the ledger and %v, want an unsampled traceparent", w.TraceParent, err)
	}
}
