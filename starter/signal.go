package starter

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/client"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/telemetry"
	"idjourney/workflows"
)

// signalTimeout bounds a signal if the caller sets no earlier deadline; the SDK would try
// for a minute.
const signalTimeout = 10 * time.Second

var _ Signaler = (*TemporalSignaler)(nil)

// TemporalSignaler hands events to the workflows by signal-with-start.
type TemporalSignaler struct {
	client    client.Client
	namespace string
	taskQueue string
}

// NewSignaler returns a signaler for the namespace that c is connected to. Make c
// with client.NewLazyClient: the endpoint starts before Temporal does.
func NewSignaler(c client.Client, namespace, taskQueue string) *TemporalSignaler {
	return &TemporalSignaler{client: c, namespace: namespace, taskQueue: taskQueue}
}

// SignalWithStart puts e into the history of its journey's workflow, which it starts if none
// is open. A spot check's event goes to the spot check's own workflow.
func (t *TemporalSignaler) SignalWithStart(ctx context.Context, e journey.Event) error {
	what, id := "journey", e.JourneyID
	name, options := journey.WorkflowName, workflows.JourneyOptions(e.Account, id, t.taskQueue)
	start := journey.Start{Account: e.Account, JourneyID: id, Rules: journey.Rules}
	if e.Type == journey.FinishedSpotCheck {
		what, id = "spot check", e.Hint.SpotCheck
		name, options = journey.SpotCheckWorkflowName, workflows.SpotCheckOptions(e.Account, id, t.taskQueue)
		start = journey.Start{Account: e.Account, SpotID: id, Rules: journey.SpotRules}
	}
	// Temporal answers a bad id with an error that looks temporary.
	if !idwise.ValidID(id) {
		return fmt.Errorf("signalling %s: its id cannot be used", what)
	}
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	if _, err := t.client.SignalWithStartWorkflow(ctx, options.ID, journey.SignalEvent, e, options, name, start); err != nil {
		return fmt.Errorf("signalling %s: %w", what, err)
	}
	return nil
}

// Ready returns nil if Temporal can be reached and has the search attributes.
func (t *TemporalSignaler) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	if _, err := t.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("reaching Temporal: %w", err)
	}
	return workflows.CheckSearchAttributes(ctx, t.client, t.namespace)
}

// measuring replaces what is nil by what measures nothing.
func measuring(instruments *telemetry.Instruments, tracer trace.Tracer) (*telemetry.Instruments, trace.Tracer) {
	if tracer == nil {
		tracer = noop.NewTracerProvider().Tracer("")
	}
	return cmp.Or(instruments, telemetry.NopInstruments()), tracer
}

// Forward returns the function by which a ledger.Forwarder brings webhooks to Temporal. Each
// try is measured and is a span in the trace of its webhook; instruments and tracer may be
// nil.
func Forward(s Signaler, instruments *telemetry.Instruments, tracer trace.Tracer) ledger.ForwardFunc {
	instruments, tracer = measuring(instruments, tracer)
	return func(ctx context.Context, w ledger.Webhook) error {
		ctx, span := tracer.Start(telemetry.WithTraceParent(ctx, w.TraceParent), "forward",
			trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attribute.String("idjourney.account", w.Account)))
		defer span.End()
		err := forward(ctx, s, w)
		if err != nil {
			span.SetStatus(codes.Error, "Temporal did not take the event")
		}
		instruments.Forwarded(ctx, w.Account, time.Since(w.ReceivedAt), err)
		return err
	}
}

func forward(ctx context.Context, s Signaler, w ledger.Webhook) error {
	var e journey.Event
	if err := json.Unmarshal(w.Event, &e); err != nil {
		// The parser's error may quote the event.
		return fmt.Errorf("forwarding webhook %d: its event cannot be read", w.ID)
	}
	return s.SignalWithStart(ctx, e)
}
