package telemetry

import (
	"context"
	"log/slog"
	"slices"
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

// startSpan starts every span but those of workflow runs, which would be exported again on
// each replay and last for months. The run's parent takes their place.
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

// AddLink links the span in ctx to the webhook that caused the work; a traceparent that cannot
// be read is ignored. A link, not a parent: one fetch may answer many webhooks.
func AddLink(ctx context.Context, traceParent string) {
	carrier := propagation.MapCarrier{"traceparent": traceParent}
	cause := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier))
	if cause.IsValid() && cause.IsRemote() { // ctx's own span is what remains of one that cannot be read
		trace.SpanFromContext(ctx).AddLink(trace.Link{SpanContext: cause})
	}
}

// The keys under which a log line names the span that it belongs to.
const (
	keyTrace = "trace_id"
	keySpan  = "span_id"
)

// sdkKeys are the names that Temporal's SDK uses for the same keys in the loggers of
// workflows and activities.
var sdkKeys = map[string]string{"TraceID": keyTrace, "SpanID": keySpan}

// logHandler adds the span of the context to what it hands on.
type logHandler struct {
	next slog.Handler
	// named says that an outer logger has named a span already.
	named bool
}

// NewLogHandler returns a handler that writes trace_id and span_id to every line
// that is logged with the context of a span, and hands the lines on to next.
func NewLogHandler(next slog.Handler) slog.Handler { return &logHandler{next: next} }

// Enabled is next's.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle adds the span.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() && !h.named {
		r = r.Clone()
		r.AddAttrs(slog.String(keyTrace, span.TraceID().String()), slog.String(keySpan, span.SpanID().String()))
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs hands attributes on, those of Temporal's SDK under our keys.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	named, attrs := h.named, slices.Clone(attrs)
	for n, a := range attrs {
		if ours, ok := sdkKeys[a.Key]; ok {
			attrs[n].Key, named = ours, true
		}
	}
	return &logHandler{next: h.next.WithAttrs(attrs), named: named}
}

// WithGroup is next's: what is logged in a group names its span there, too.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{next: h.next.WithGroup(name), named: h.named}
}

// WithTraceParent puts the span of a recorded traceparent into ctx. One that cannot be read
// is ignored.
func WithTraceParent(ctx context.Context, traceParent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceParent})
}
