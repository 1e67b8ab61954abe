// Package telemetry sets up OpenTelemetry for idjourney's processes: traces by the standard
// OTEL_* variables, metrics for Prometheus. It sets nothing global.
package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// Config says who reports.
type Config struct {
	// Service is the name under which the process reports, for example
	// "idjourney-worker"; OTEL_SERVICE_NAME overrides it. Required.
	Service string
	// Version of the program; may be empty.
	Version string
	// Logger receives what is wrong with OTEL_* variables and metrics. Nil: slog.Default().
	Logger *slog.Logger
	// Spans receives every span as it ends, in place of the exporter that the
	// environment names. For tests; nil otherwise.
	Spans sdktrace.SpanExporter
}

// Telemetry is one process's telemetry. All its fields are set.
type Telemetry struct {
	// Tracing belongs into client.Options.Interceptors and nowhere else: workers
	// inherit it from their client, and would otherwise trace everything twice.
	Tracing interceptor.Interceptor
	// Exporting says that spans are exported. If they are not, leave Tracing out: its
	// header takes up about a tenth of a history.
	Exporting bool
	// MetricsHandler belongs into client.Options.MetricsHandler.
	MetricsHandler client.MetricsHandler
	// Tracer is for idjourney's own spans, for example one for each webhook.
	Tracer trace.Tracer
	// Instruments are idjourney's own measurements.
	Instruments *Instruments
	// Handler serves the metrics in Prometheus's format.
	Handler http.Handler

	stop []func(context.Context) error
}

const scope = "idjourney"

// Setup starts telemetry. Spans are exported only as OTEL_TRACES_EXPORTER says; metrics are
// always served by Handler, and pushed if OTEL_METRICS_EXPORTER says so. A variable that
// cannot be used is logged as a warning.
func Setup(ctx context.Context, cfg Config) (*Telemetry, error) {
	if cfg.Service == "" {
		return nil, errors.New("setting up telemetry: the service has no name")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	res, off := describe(ctx, cfg), disabled(cfg.Logger)
	t := &Telemetry{}
	if err := t.setUpTraces(ctx, res, off, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("setting up traces: %w", err), t.Shutdown(ctx))
	}
	if err := t.setUpMetrics(ctx, res, off, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("setting up metrics: %w", err), t.Shutdown(ctx))
	}
	return t, nil
}

// Shutdown exports what is still buffered, and stops. The context needs a deadline: a
// collector that is away must not delay the end.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var errs []error
	for _, stop := range t.stop {
		errs = append(errs, stop(ctx))
	}
	t.stop = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping telemetry: %w", err)
	}
	return nil
}

// describe names the process. The environment may rename it; what of it cannot be read is
// left out.
func describe(ctx context.Context, cfg Config) *resource.Resource {
	attributes := []attribute.KeyValue{attribute.String("service.name", cfg.Service)}
	if cfg.Version != "" {
		attributes = append(attributes, attribute.String("service.version", cfg.Version))
	}
	res, err := resource.New(ctx, resource.WithAttributes(attributes...), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		cfg.Logger.Warn("a part of OTEL_RESOURCE_ATTRIBUTES is not used", "error", err)
	}
	return res
}

func (t *Telemetry) setUpTraces(ctx context.Context, res *resource.Resource, off bool, cfg Config) error {
	var provider trace.TracerProvider = tracenoop.NewTracerProvider()
	if !off {
		options := []sdktrace.TracerProviderOption{sdktrace.WithResource(res)}
		if cfg.Spans != nil {
			options = append(options, sdktrace.WithSyncer(cfg.Spans))
		} else {
			batches := batchOptions(cfg.Logger)
			for _, exporter := range spanExporters(ctx, cfg.Logger) {
				options = append(options, sdktrace.WithBatcher(exporter, batches...))
			}
		}
		if t.Exporting = len(options) > 1; !t.Exporting {
			// Spans that are not exported still have ids, which correlate log lines, but
			// nothing links to them.
			options = append(options, sdktrace.WithSampler(sdktrace.NeverSample()))
		}
		sdk := sdktrace.NewTracerProvider(options...)
		t.stop = append(t.stop, sdk.Shutdown)
		provider = sdk
	}
	t.Tracer = provider.Tracer(scope)
	var err error
	t.Tracing, err = newTracing(provider.Tracer("temporal-sdk-go"))
	return err
}

// secondsBuckets reach from a fast acknowledgement to an activity's long try.
// The SDK's own are meant for milliseconds: all our seconds would be in the first.
var secondsBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900}

// decisionSeconds needs buckets up to a month, since people take part.
const decisionSeconds = "idjourney.decision"

var decisionBuckets = []float64{1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600}

// secondsView is one view for all: an instrument that two views match would be
// measured twice.
func secondsView(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	if i.Kind != sdkmetric.InstrumentKindHistogram || i.Unit != "s" {
		return sdkmetric.Stream{}, false
	}
	buckets := secondsBuckets
	if i.Name == decisionSeconds {
		buckets = decisionBuckets
	}
	return sdkmetric.Stream{
		Name: i.Name, Description: i.Description, Unit: i.Unit,
		Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: slices.Clone(buckets)},
	}, true
}

func (t *Telemetry) setUpMetrics(ctx context.Context, res *resource.Resource, off bool, cfg Config) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "idjourney_build_info", Help: "1; the label says which build this is.", ConstLabels: prometheus.Labels{"version": cfg.Version},
	}, func() float64 { return 1 }))
	t.Handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry})

	var provider metric.MeterProvider = metricnoop.NewMeterProvider()
	if !off {
		exporter, err := promexporter.New(promexporter.WithRegisterer(registry), promexporter.WithoutScopeInfo())
		if err != nil {
			return err
		}
		options := []sdkmetric.Option{sdkmetric.WithResource(res), sdkmetric.WithReader(exporter), sdkmetric.WithView(secondsView)}
		for _, pushed := range metricExporters(ctx, cfg.Logger) {
			options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(pushed)))
		}
		sdk := sdkmetric.NewMeterProvider(options...)
		t.stop = append(t.stop, sdk.Shutdown)
		provider = sdk
	}
	t.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                provider.Meter("temporal-sdk-go"),
		UseMonotonicCounters: true,
		// The default panics: a lost metric must not stop the process.
		OnError: func(err error) { cfg.Logger.Error("a metric of Temporal's SDK is lost", "error", err) },
	})
	var err error
	t.Instruments, err = NewInstruments(provider.Meter(scope))
	return err
}

// The variables of OpenTelemetry's specification that its SDK leaves to the program. Not
// autoexport's: it fails at an exporter or protocol that it does not know, and at several.

// disabled reports whether OTEL_SDK_DISABLED turns all of OpenTelemetry off.
func disabled(logger *slog.Logger) bool {
	value := strings.TrimSpace(os.Getenv("OTEL_SDK_DISABLED"))
	off := strings.EqualFold(value, "true")
	if value != "" && !off && !strings.EqualFold(value, "false") {
		logger.Warn("OTEL_SDK_DISABLED is neither true nor false: telemetry stays on", "value", value)
	}
	return off
}

type factory[E any] func(context.Context) (E, error)

func spanExporters(ctx context.Context, logger *slog.Logger) []sdktrace.SpanExporter {
	return exporters(ctx, logger, "OTEL_TRACES_EXPORTER", map[string]factory[sdktrace.SpanExporter]{
		"console": func(context.Context) (sdktrace.SpanExporter, error) { return stdouttrace.New() },
		"otlp": otlp(logger, "TRACES",
			func(ctx context.Context) (sdktrace.SpanExporter, error) { return otlptracegrpc.New(ctx) },
			func(ctx context.Context) (sdktrace.SpanExporter, error) { return otlptracehttp.New(ctx) }),
	})
}

func metricExporters(ctx context.Context, logger *slog.Logger) []sdkmetric.Exporter {
	return exporters(ctx, logger, "OTEL_METRICS_EXPORTER", map[string]factory[sdkmetric.Exporter]{
		"prometheus": nil, // served by [Telemetry.Handler] in any case
		"console":    func(context.Context) (sdkmetric.Exporter, error) { return stdoutmetric.New() },
		"otlp": otlp(logger, "METRICS",
			func(ctx context.Context) (sdkmetric.Exporter, error) { return otlpmetricgrpc.New(ctx) },
			func(ctx context.Context) (sdkmetric.Exporter, error) { return otlpmetrichttp.New(ctx) }),
	})
}

// exporters makes those that the variable lists and that can be made.
func exporters[E any](ctx context.Context, logger *slog.Logger, variable string, known map[string]factory[E]) []E {
	var list []E
	var names []string
	for name := range strings.SplitSeq(strings.ToLower(os.Getenv(variable)), ",") {
		name = strings.TrimSpace(name)
		if name == "" || name == "none" || slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
		create, ok := known[name]
		if !ok {
			logger.Warn("an exporter is not known and is left out", "variable", variable, "exporter", name)
		}
		if create == nil {
			continue
		}
		exporter, err := create(ctx)
		if err != nil {
			logger.Warn("an exporter cannot be used and is left out", "variable", variable, "exporter", name, "error", err)
			continue
		}
		list = append(list, exporter)
	}
	return list
}

// otlp makes the exporter of the protocol that the environment names.
func otlp[E any](logger *slog.Logger, signal string, grpc, http factory[E]) factory[E] {
	return func(ctx context.Context) (E, error) {
		switch protocol := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")); protocol {
		case "grpc":
			return grpc(ctx)
		case "", "http/protobuf":
		default:
			logger.Warn("an OTLP protocol is not known: http/protobuf is used", "signal", signal, "protocol", protocol)
		}
		return http(ctx)
	}
}

// batchOptions keeps the SDK from sizes at which it panics and a delay at which it spins.
func batchOptions(logger *slog.Logger) []sdktrace.BatchSpanProcessorOption {
	var options []sdktrace.BatchSpanProcessorOption
	batch := sdktrace.WithMaxExportBatchSize(sdktrace.DefaultMaxExportBatchSize)
	for _, setting := range []struct {
		variable  string
		most      int
		otherwise []sdktrace.BatchSpanProcessorOption
	}{
		{"OTEL_BSP_MAX_QUEUE_SIZE", 1 << 20, []sdktrace.BatchSpanProcessorOption{sdktrace.WithMaxQueueSize(sdktrace.DefaultMaxQueueSize), batch}},
		{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1 << 20, []sdktrace.BatchSpanProcessorOption{batch}},
		{"OTEL_BSP_SCHEDULE_DELAY", math.MaxInt32, []sdktrace.BatchSpanProcessorOption{sdktrace.WithBatchTimeout(sdktrace.DefaultScheduleDelay * time.Millisecond)}},
	} {
		if n, err := strconv.Atoi(os.Getenv(setting.variable)); err == nil && (n < 1 || n > setting.most) {
			logger.Warn("a setting is out of range: the default is used", "variable", setting.variable, "value", n)
			options = append(options, setting.otherwise...)
		}
	}
	return options
}

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
