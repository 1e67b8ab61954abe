package telemetry

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

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

	var provider metric.MeterProvider = noop.NewMeterProvider()
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
