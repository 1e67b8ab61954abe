package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// newTracing makes the interceptor for Temporal's client and, through it, workers.
func newTracing(tracer trace.Tracer) (interceptor.Interceptor, error) {
	return opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer:            tracer,
		TextMapPropagator: propagation.TraceContext{},
		DisableBaggage:    true,
		SpanStarter:       startSpan,
	})
}

// startSpan starts every span but those of workflow runs: they would be exported again on
// each replay, last for months, and end as an error whenever a run continues as new. The
// run's parent takes their place.
func startSpan(ctx context.Context, t trace.Tracer, name string, opts ...trace.SpanStartOption) trace.Span {
	if strings.HasPrefix(name, "RunWorkflow:") {
		return trace.SpanFromContext(ctx)
	}
	_, span := t.Start(ctx, name, opts...)
	return span
}

// TraceParent returns the W3C traceparent of the span in ctx, empty without one.
// An event carries it from the webhook to the work it causes.
func TraceParent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// Sampled reports whether the span in ctx is recorded and can be linked to.
func Sampled(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsSampled() }

// AddLink links the span in ctx to the webhook that caused the work. A link, not
// a parent: one journey takes webhooks for years, and one fetch may answer many.
// A traceparent that cannot be read is ignored.
func AddLink(ctx context.Context, traceParent string) {
	carrier := propagation.MapCarrier{"traceparent": traceParent}
	cause := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier))
	if cause.IsValid() && cause.IsRemote() { // ctx's own span is what remains of one that cannot be read
		trace.SpanFromContext(ctx).AddLink(trace.Link{SpanContext: cause})
	}
}
