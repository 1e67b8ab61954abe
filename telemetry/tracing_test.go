package telemetry

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const webhookTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// spansOf runs a workflow that calls an activity and continues as new, and
// returns the spans that end.
func spansOf(t *testing.T, tracing func(trace.Tracer) (interceptor.Interceptor, error)) tracetest.SpanStubs {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	intercept, err := tracing(provider.Tracer("test"))
	if err != nil {
		t.Fatal(err)
	}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{intercept}})
	run := func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		if err := workflow.ExecuteActivity(ctx, "Look").Get(ctx, nil); err != nil {
			return err
		}
		return workflow.NewContinueAsNewError(ctx, "Run")
	}
	env.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: "Run"})
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		AddLink(ctx, webhookTrace)
		AddLink(ctx, "nonsense")
		return nil
	}, activity.RegisterOptions{Name: "Look"})
	env.ExecuteWorkflow("Run")
	if err := env.GetWorkflowError(); !workflow.IsContinueAsNewError(err) {
		t.Fatalf("the workflow ended with %v, want continue-as-new", err)
	}
	return exporter.GetSpans()
}

func named(spans tracetest.SpanStubs, name string) (tracetest.SpanStub, bool) {
	for _, s := range spans {
		if s.Name == name {
			return s, true
		}
	}
	return tracetest.SpanStub{}, false
}

func TestContinueAsNewEndsNoSpanAsAnError(t *testing.T) {
	t.Parallel()
	spans := spansOf(t, newTracing)
	if _, ok := named(spans, "RunWorkflow:Run"); ok {
		t.Error("a workflow run has a span of its own")
	}
	for _, s := range spans {
		if s.Status.Code == codes.Error {
			t.Errorf("span %s is an error: %s", s.Name, s.Status.Description)
		}
	}
	if _, ok := named(spans, "RunActivity:Look"); !ok {
		t.Errorf("the activity has no span among %d", len(spans))
	}
}

// The reason for startSpan: if this fails, the SDK has changed and startSpan can go.
func TestWithoutStartSpanContinueAsNewEndsASpanAsAnError(t *testing.T) {
	t.Parallel()
	spans := spansOf(t, func(tracer trace.Tracer) (interceptor.Interceptor, error) {
		return opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{Tracer: tracer})
	})
	if s, ok := named(spans, "RunWorkflow:Run"); !ok || s.Status.Code != codes.Error {
		t.Errorf("span RunWorkflow:Run = %v, %v; want an error", s.Status, ok)
	}
}

func TestActivityIsLinkedToItsWebhook(t *testing.T) {
	t.Parallel()
	span, ok := named(spansOf(t, newTracing), "RunActivity:Look")
	if !ok || len(span.Links) != 1 {
		t.Fatalf("span found %v with links %v, want one link", ok, span.Links)
	}
	if got, want := span.Links[0].SpanContext.TraceID().String(), "0af7651916cd43dd8448eb211c80319c"; got != want {
		t.Errorf("linked to trace %s, want %s", got, want)
	}
}

func TestStartSpanKeepsTheParent(t *testing.T) {
	t.Parallel()
	exporter := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)).Tracer("test")
	ctx, parent := tracer.Start(context.Background(), "webhook")
	run := startSpan(ctx, tracer, "RunWorkflow:Journey")
	if !run.SpanContext().Equal(parent.SpanContext()) {
		t.Error("the spans of a run are not below the webhook's")
	}
	child := startSpan(ctx, tracer, "StartActivity:Fetch")
	child.End()
	if child.SpanContext().SpanID() == parent.SpanContext().SpanID() || len(exporter.GetSpans()) != 1 {
		t.Error("an activity has no span of its own")
	}
}

func TestTraceParent(t *testing.T) {
	t.Parallel()
	if got := TraceParent(context.Background()); got != "" {
		t.Errorf("TraceParent without a span = %q, want none", got)
	}
	tel, err := Setup(context.Background(), Config{Service: "x", Spans: tracetest.NewInMemoryExporter()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := tel.Tracer.Start(context.Background(), "webhook")
	defer span.End()
	if !tel.Exporting || !Sampled(ctx) {
		t.Error("spans are exported, but Exporting or Sampled is false")
	}
	if got, want := TraceParent(ctx), "00-"+span.SpanContext().TraceID().String()+"-"+span.SpanContext().SpanID().String()+"-01"; got != want {
		t.Errorf("TraceParent = %q, want %q", got, want)
	}
}

// Unexported spans give ids to log lines, but no links.
func TestUnexportedSpansAreNotSampled(t *testing.T) {
	t.Parallel()
	tel := setup(t)
	ctx, span := tel.Tracer.Start(WithTraceParent(context.Background(), webhookTrace), "webhook")
	defer span.End()
	if tel.Exporting || Sampled(ctx) {
		t.Error("spans are sampled although no exporter takes them")
	}
	if got, want := TraceParent(ctx), "00-0af7651916cd43dd8448eb211c80319c-"+span.SpanContext().SpanID().String()+"-00"; got != want {
		t.Errorf("TraceParent = %q, want %q", got, want)
	}
}
