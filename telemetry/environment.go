package telemetry

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

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
