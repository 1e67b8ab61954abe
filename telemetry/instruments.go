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
	WebhookThrottled   WebhookOutcome = "throttled"   // too many wrong credentials from one source: 429
	WebhookLimited     WebhookOutcome = "limited"     // beyond the account's quota or the memory for bodies, 503
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

	decisions    metric.Int64Counter
	decided      metric.Float64Histogram
	reaction     metric.Float64Histogram
	adopted      metric.Int64Counter
	messages     metric.Int64Counter
	alerts       metric.Int64Counter
	erasures     metric.Int64Counter
	deliveries   metric.Int64Counter
	deliveryTook metric.Float64Histogram

	apiDenied metric.Int64Counter

	vendor         metric.Int64Counter
	vendorTook     metric.Float64Histogram
	government     metric.Int64Counter
	governmentTook metric.Float64Histogram
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
	i.decisions = counter("idjourney.decisions", "Decisions, each counted once, by account, outcome and whose it is.")
	i.decided = seconds(decisionSeconds, "Time from a journey's first webhook to a decision, by account, outcome and whether it is the journey's first.")
	i.reaction = seconds("idjourney.decision.reaction", "Time from the newest webhook before a decision to its being recorded, by account and outcome; not for decisions of operators and expiries.")
	i.adopted = counter("idjourney.journeys.adopted", "Journeys of customers from before our time that were taken over, each counted once, by account and what holds.")
	i.messages = counter("idjourney.messages", "Messages, each counted once for all endpoints when it is first tried at the account's first, by account and type.")
	i.alerts = counter("idjourney.aml.alerts", "Changes of AML matches that wait for a person, by account and severity.")
	i.erasures = counter("idjourney.erasures", "Tries to erase a journey's personal data, by account and how they ended.")
	i.deliveries = counter("idjourney.deliveries", "Tries to deliver a message, by account, endpoint and how they ended.")
	i.deliveryTook = seconds("idjourney.delivery", "Time that a try to deliver a message took, by account and endpoint.")
	i.apiDenied = counter("idjourney.api.denied", "Requests to the customer's API that were denied, by account, token and what was missing.")
	i.vendor = counter("idjourney.vendor.requests", "Calls of IDWise's API, by account, operation and how they ended.")
	i.vendorTook = seconds("idjourney.vendor.request", "Time from a request to IDWise's API to its answer, by account and operation.")
	i.government = counter("idjourney.government.requests", "Look-ups in the government's register, by account and how they ended.")
	i.governmentTook = seconds("idjourney.government.request", "Time that a look-up in the government's register took, by account.")
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("making instruments: %w", err)
	}
	return i, nil
}

// labels makes attributes of names and values in turn.
func labels(pairs ...string) metric.MeasurementOption {
	set := make([]attribute.KeyValue, 0, len(pairs)/2)
	for n := 0; n+1 < len(pairs); n += 2 {
		set = append(set, attribute.String(pairs[n], pairs[n+1]))
	}
	return metric.WithAttributes(set...)
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
	i.webhooks.Add(ctx, 1, labels("account", account, "type", eventType, "outcome", string(outcome)))
}

// Acknowledged measures how long a webhook's answer took.
func (i *Instruments) Acknowledged(ctx context.Context, account string, took time.Duration) {
	i.ack.Record(ctx, took.Seconds(), labels("account", account))
}

// Forwarded counts a try to hand a webhook to Temporal and, when it succeeded,
// measures how long the webhook had waited.
func (i *Instruments) Forwarded(ctx context.Context, account string, waited time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	} else {
		i.forwardLag.Record(ctx, waited.Seconds(), labels("account", account))
	}
	i.forwarded.Add(ctx, 1, labels("account", account, "outcome", outcome))
}

// ExpectWebhooks shows the counters of an account's webhooks at 0 before there are
// any: Prometheus sees no increase in a series that begins at 1.
func (i *Instruments) ExpectWebhooks(ctx context.Context, account string) {
	for _, o := range []WebhookOutcome{
		WebhookRecorded, WebhookDuplicate, WebhookQuarantined, WebhookSignalled, WebhookRefused, WebhookThrottled, WebhookLimited, WebhookUnavailable,
	} {
		i.webhooks.Add(ctx, 0, labels("account", account, "type", "unknown", "outcome", string(o)))
	}
	for _, outcome := range []string{"ok", "failed"} {
		i.forwarded.Add(ctx, 0, labels("account", account, "outcome", outcome))
	}
}
