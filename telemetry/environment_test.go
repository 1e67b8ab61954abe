package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// collector accepts OTLP over HTTP; paths returns those that were posted to.
func collector(t *testing.T) (address string, paths func() []string) {
	t.Helper()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(got)
		return slices.Compact(got)
	}
}

// No telemetry setting stops a process: what cannot be used costs a warning, and the rest
// is used.
func TestVariablesThatCannotBeUsed(t *testing.T) {
	const traces, metrics, resource = "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_RESOURCE_ATTRIBUTES"
	const protocol, queue = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_BSP_MAX_QUEUE_SIZE"
	both := []string{"/v1/metrics", "/v1/traces"}
	for name, tt := range map[string]struct {
		set     map[string]string
		warning string // empty: none
		metric  string
		posted  []string
	}{
		"resource attributes":     {map[string]string{resource: "team=kyc,,region"}, "OTEL_RESOURCE_ATTRIBUTES", `team="kyc"`, nil},
		"attribute not in UTF-8":  {map[string]string{resource: "team=%ff,unit=a"}, "", "go_goroutines", nil},
		"malformed percent":       {map[string]string{resource: "team=%zz,unit=a"}, "", `unit="a"`, nil},
		"service":                 {map[string]string{"OTEL_SERVICE_NAME": "other", resource: ",service.version=v7"}, "OTEL_RESOURCE_ATTRIBUTES", `service_name="other"`, nil},
		"unknown exporters":       {map[string]string{traces: "nonsense", metrics: "statsd"}, "exporter=statsd", "", nil},
		"several, one unknown":    {map[string]string{traces: "otlp, zipkin", metrics: "prometheus,OTLP"}, "exporter=zipkin", "", both},
		"several":                 {map[string]string{traces: "console,otlp,otlp", metrics: "otlp,prometheus"}, "", "", both},
		"none":                    {map[string]string{traces: "none", metrics: "none"}, "", "", nil},
		"Prometheus alone":        {map[string]string{metrics: "prometheus"}, "", "", nil},
		"unknown protocol":        {map[string]string{traces: "otlp", metrics: "otlp", protocol: "http/json"}, "protocol=http/json", "", both},
		"unknown of one signal":   {map[string]string{traces: "otlp", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "udp", protocol: "grpc"}, "protocol=udp", "", both[1:]},
		"queue of no size":        {map[string]string{traces: "otlp", queue: "-1"}, "variable=" + queue, "", both[1:]},
		"batch of no size":        {map[string]string{traces: "otlp", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "-1"}, "variable=OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "", both[1:]},
		"delay in the past":       {map[string]string{traces: "otlp", "OTEL_BSP_SCHEDULE_DELAY": "-5"}, "variable=OTEL_BSP_SCHEDULE_DELAY", "", both[1:]},
		"queue that is no number": {map[string]string{traces: "otlp", queue: "many"}, "", "", both[1:]},
		"unknown sampler":         {map[string]string{traces: "otlp", "OTEL_TRACES_SAMPLER": "nonsense"}, "", "", both[1:]},
		"sampler's argument":      {map[string]string{traces: "otlp", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"}, "", "", both[1:]},
		"export interval":         {map[string]string{metrics: "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "-1"}, "", "", both[:1]},
		"neither on nor off":      {map[string]string{"OTEL_SDK_DISABLED": "yes"}, "OTEL_SDK_DISABLED", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			address, posted := collector(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
			for variable, value := range tt.set {
				t.Setenv(variable, value)
			}
			var log bytes.Buffer
			tel, err := Setup(context.Background(), Config{Service: "idjourney-test", Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			_, span := tel.Tracer.Start(context.Background(), "webhook")
			span.End()
			tel.Instruments.Decisions.Add(context.Background(), "acme", "approved", "vendor")
			page := scrape(t, tel)
			if !strings.Contains(page, tt.metric) || !strings.Contains(page, "idjourney_decisions_total{") {
				t.Errorf("the metrics lack %q or the decision:\n%s", tt.metric, page)
			}
			if err := tel.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
			if got := posted(); !slices.Equal(got, tt.posted) {
				t.Errorf("exported to %q, want %q", got, tt.posted)
			}
			if warned := log.Len() > 0; warned != (tt.warning != "") || !strings.Contains(log.String(), tt.warning) {
				t.Errorf("logged %q, want %q", &log, tt.warning)
			}
		})
	}
}

func TestDisabledByTheEnvironment(t *testing.T) {
	address, posted := collector(t)
	for variable, value := range map[string]string{
		"OTEL_SDK_DISABLED": "True", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": address,
	} {
		t.Setenv(variable, value)
	}
	tel := setup(t)
	_, span := tel.Tracer.Start(context.Background(), "webhook")
	span.End()
	tel.Instruments.Decisions.Add(context.Background(), "acme", "approved", "vendor")
	tel.MetricsHandler.Counter("temporal_corrupted_signals").Inc(1)
	page := scrape(t, tel)
	if strings.Contains(page, "idjourney_decisions") || strings.Contains(page, "temporal_") || !strings.Contains(page, "idjourney_build_info") {
		t.Errorf("the metrics are\n%s\nwant the build and Go's own alone", page)
	}
	if err := tel.Shutdown(context.Background()); err != nil || tel.Exporting || len(posted()) > 0 {
		t.Errorf("Shutdown = %v, Exporting = %v, exported to %q", err, tel.Exporting, posted())
	}
}
