package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// WebhookOutcome says what became of a webhook. The set is closed.
type WebhookOutcome string

// What becomes of a webhook at the endpoint.
const (
	WebhookRecorded    WebhookOutcome = "recorded"    // in the ledger, 200
	WebhookDuplicate   WebhookOutcome = "duplicate"   // was there before, 200
	WebhookQuarantined WebhookOutcome = "quarantined" // recorded, never acted on, 200
	WebhookSignalled   WebhookOutcome = "signalled"   // the ledger could not write, Temporal took it, 200
	WebhookRefused     WebhookOutcome = "refused"     // not from IDWise, or too large: 4xx
	WebhookUnavailable WebhookOutcome = "unavailable" // kept nowhere, 503
)

// Instruments are idjourney's own measurements. Labels come from the
// configuration or from closed lists, never from a sender: no journey, event or
// workflow id, and "unknown" for an event type that is not known.
type Instruments struct {
	meter      metric.Meter
	webhooks   metric.Int64Counter
	ack        metric.Float64Histogram
	forwarded  metric.Int64Counter
	forwardLag metric.Float64Histogram
	attention  metric.Int64Counter
	deliveries metric.Int64Counter
}

// NewInstruments makes the instruments with a meter.
func NewInstruments(meter metric.Meter) (*Instruments, error) {
	i := &Instruments{meter: meter}
	var errs []error
	counter := func(name, description string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithDescription(description))
		errs = append(errs, err)
		return c
	}
	seconds := func(name, description string) metric.Float64Histogram {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description))
		errs = append(errs, err)
		return h
	}
	i.webhooks = counter("idjourney.webhooks", "Webhooks that came in, by account, event type and what became of them.")
	i.ack = seconds("idjourney.webhook.ack", "Time from a webhook's request to its answer.")
	i.forwarded = counter("idjourney.webhooks.forwarded", "Tries to hand a recorded webhook to Temporal, by account and success.")
	i.forwardLag = seconds("idjourney.webhook.forward_lag", "Time from a webhook's receipt to its being in Temporal's hands.")
	i.attention = counter("idjourney.attention", "Calls for a person that were told to the customer, by account and code.")
	i.deliveries = counter("idjourney.deliveries", "Tries to deliver a message, by account, endpoint and how they ended.")
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("making instruments: %w", err)
	}
	return i, nil
}

// NopInstruments returns instruments that measure nothing, for tests.
func NopInstruments() *Instruments {
	i, err := NewInstruments(noop.NewMeterProvider().Meter(scope))
	if err != nil { // the no-op meter answers no errors
		panic(err)
	}
	return i
}

// Webhook counts a webhook. eventType is a known type's canonical name, or
// "unknown".
func (i *Instruments) Webhook(ctx context.Context, account, eventType string, outcome WebhookOutcome) {
	i.webhooks.Add(ctx, 1, metric.WithAttributes(attribute.String("account", account),
		attribute.String("type", eventType), attribute.String("outcome", string(outcome))))
}

// Acknowledged measures how long a webhook's answer took.
func (i *Instruments) Acknowledged(ctx context.Context, account string, took time.Duration) {
	i.ack.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("account", account)))
}

// Forwarded counts a try to hand a webhook to Temporal and, when it succeeded,
// measures how long the webhook had waited.
func (i *Instruments) Forwarded(ctx context.Context, account string, waited time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	} else {
		i.forwardLag.Record(ctx, waited.Seconds(), metric.WithAttributes(attribute.String("account", account)))
	}
	i.forwarded.Add(ctx, 1, metric.WithAttributes(attribute.String("account", account), attribute.String("outcome", outcome)))
}

// Attention counts a call for a person that a journey raised, by its closed code.
func (i *Instruments) Attention(ctx context.Context, account, code string) {
	i.attention.Add(ctx, 1, metric.WithAttributes(attribute.String("account", account), attribute.String("code", code)))
}

// Delivery counts a try to deliver a message to a customer's endpoint; outcome is
// a delivery's state: delivered, pending (to be tried again), parked.
func (i *Instruments) Delivery(ctx context.Context, account, endpoint, outcome string) {
	i.deliveries.Add(ctx, 1, metric.WithAttributes(attribute.String("account", account),
		attribute.String("endpoint", endpoint), attribute.String("outcome", outcome)))
}

// ObservePending reports, whenever metrics are read, how many webhooks wait for
// Temporal and since when the oldest does. pending must be quick.
func (i *Instruments) ObservePending(pending func(ctx context.Context) (count int, oldest time.Time, err error)) error {
	count, err := i.meter.Int64ObservableGauge("idjourney.webhooks.pending", metric.WithDescription("Recorded webhooks that wait for Temporal."))
	if err != nil {
		return fmt.Errorf("making instruments: %w", err)
	}
	age, err := i.meter.Float64ObservableGauge("idjourney.webhooks.pending_age", metric.WithUnit("s"), metric.WithDescription("Age of the oldest of them; 0 without any."))
	if err != nil {
		return fmt.Errorf("making instruments: %w", err)
	}
	_, err = i.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		n, oldest, err := pending(ctx)
		if err != nil {
			return fmt.Errorf("counting pending webhooks: %w", err)
		}
		o.ObserveInt64(count, int64(n))
		seconds := 0.0
		if n > 0 && !oldest.IsZero() {
			seconds = time.Since(oldest).Seconds()
		}
		o.ObserveFloat64(age, seconds)
		return nil
	}, count, age)
	if err != nil {
		return fmt.Errorf("registering the count of pending webhooks: %w", err)
	}
	return nil
}
