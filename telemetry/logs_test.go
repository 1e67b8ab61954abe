package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/log"
)

func TestLogsNameTheirSpan(t *testing.T) {
	t.Parallel()
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	inSpan := WithTraceParent(context.Background(), webhookTrace)
	sc := trace.SpanContextFromContext(inSpan)
	for _, tc := range []struct {
		name        string
		write       func(*slog.Logger)
		trace, span any
	}{
		{"with the context of a span", func(l *slog.Logger) { l.InfoContext(inSpan, "x") }, traceID, spanID},
		{"without a span", func(l *slog.Logger) { l.Info("x") }, nil, nil},
		{"a traceparent that cannot be read", func(l *slog.Logger) {
			l.InfoContext(WithTraceParent(context.Background(), "nonsense"), "x")
		}, nil, nil},
		{"with attributes of its own", func(l *slog.Logger) { l.With("account", "acme").InfoContext(inSpan, "x") }, traceID, spanID},
		{"by Temporal's logger, under its keys", func(l *slog.Logger) {
			log.With(log.NewStructuredLogger(l), "TraceID", sc.TraceID(), "SpanID", sc.SpanID()).Info("x")
		}, traceID, spanID},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			tc.write(slog.New(NewLogHandler(slog.NewJSONHandler(&out, nil))))
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if line[keyTrace] != tc.trace || line[keySpan] != tc.span || line["msg"] != "x" {
				t.Errorf("got %s, want trace %v and span %v", &out, tc.trace, tc.span)
			}
			if bytes.Count(out.Bytes(), []byte(keyTrace)) > 1 || bytes.Contains(out.Bytes(), []byte("TraceID")) {
				t.Errorf("the line names its trace twice: %s", &out)
			}
		})
	}
}
