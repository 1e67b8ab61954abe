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

// Instruments are idjourney's own measurements. Labels come from the configuration or
// from closed lists, never from a sender: no journey, event or workflow id, and "unknown"
// for an event type that is not known. The first label of each is the account.
type Instruments struct {
	meter metric.Meter

	Webhooks       Counter // by type and [WebhookOutcome]
	Acknowledged   Timer   // from a webhook's request to its answer
	HintsPostponed Counter
	APIDenied      Counter // by token and what was missing: token, throttled, scope, account
	Decisions      Counter // by outcome and source; each is counted when it is first recorded
	TimeToDecision Timer   // since the journey's first webhook, by outcome and whether it is the first decision
	Reaction       Timer   // since the webhook that caused a decision, by outcome: our own share
	Adopted        Counter // by outcome
	Messages       Counter // by type; once for all endpoints and tries
	AMLAlerts      Counter // by severity
	Erasures       Counter // by how the try ended: Erasure…
	Deliveries     Counter // by endpoint and the delivery's state: delivered, pending, parked
	DeliveryTook   Timer   // by endpoint

	forwarded, vendor, government          Counter
	forwardLag, vendorTook, governmentTook Timer
}

// NewInstruments makes the instruments with a meter.
func NewInstruments(meter metric.Meter) (*Instruments, error) {
	var errs []error
	counter := func(name, description string, labels ...string) Counter {
		c, err := meter.Int64Counter(name, metric.WithDescription(description))
		errs = append(errs, err)
		return Counter{c, append([]string{"account"}, labels...)}
	}
	seconds := func(name, description string, labels ...string) Timer {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description))
		errs = append(errs, err)
		return Timer{h, append([]string{"account"}, labels...)}
	}
	i := &Instruments{
		meter: meter,
		Webhooks: counter("idjourney.webhooks",
			"Webhooks that came in, by account, event type and what became of them.", "type", "outcome"),
		Acknowledged: seconds("idjourney.webhook.ack", "Time from a webhook's request to its answer."),
		forwarded: counter("idjourney.webhooks.forwarded",
			"Tries to hand a recorded webhook to Temporal, by account and success.", "outcome"),
		forwardLag: seconds("idjourney.webhook.forward_lag",
			"Time from a webhook's receipt to its being in Temporal's hands."),
		Decisions: counter("idjourney.decisions",
			"Decisions, each counted once, by account, outcome and source.", "outcome", "source"),
		TimeToDecision: seconds(decisionSeconds,
			"Time from a journey's first webhook to a decision, by account, outcome and whether it is the journey's first.", "outcome", "first"),
		Reaction: seconds("idjourney.decision.reaction",
			"Time from the newest webhook before a decision to its being recorded, by account and outcome; not for decisions of operators and expiries.", "outcome"),
		Adopted: counter("idjourney.journeys.adopted",
			"Journeys that were decided before idjourney knew them and were adopted, each counted once, by account and outcome.", "outcome"),
		Messages: counter("idjourney.messages",
			"Messages, each counted once for all endpoints when it is first tried at the account's first, by account and type.", "type"),
		AMLAlerts: counter("idjourney.aml.alerts",
			"Changes of AML matches that wait for a person, by account and severity.", "severity"),
		Erasures: counter("idjourney.erasures",
			"Tries to erase a journey's personal data, by account and how they ended.", "outcome"),
		Deliveries: counter("idjourney.deliveries",
			"Tries to deliver a message, by account, endpoint and how they ended.", "endpoint", "outcome"),
		DeliveryTook: seconds("idjourney.delivery",
			"Time that a try to deliver a message took, by account and endpoint.", "endpoint"),
		HintsPostponed: counter("idjourney.hints.postponed",
			"Fetches that wait because webhooks have used up the account's budget, by account."),
		APIDenied: counter("idjourney.api.denied",
			"Requests to the customer's API that were denied, by account, token and what was missing.", "token", "missing"),
		vendor: counter("idjourney.vendor.requests",
			"Calls of IDWise's API, by account, operation and how they ended.", "operation", "outcome"),
		vendorTook: seconds("idjourney.vendor.request",
			"Time from a request to IDWise's API to its answer, by account and operation.", "operation"),
		government: counter("idjourney.government.requests",
			"Look-ups in the government's register, by account and how they ended.", "outcome"),
		governmentTook: seconds("idjourney.government.request",
			"Time that a look-up in the government's register took, by account."),
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("making instruments: %w", err)
	}
	return i, nil
}

// NopInstruments returns instruments that measure nothing.
func NopInstruments() *Instruments {
	i, err := NewInstruments(noop.NewMeterProvider().Meter(scope))
	if err != nil { // the no-op meter answers no errors
		panic(err)
	}
	return i
}

// Counter counts by its labels.
type Counter struct {
	counter metric.Int64Counter
	labels  []string
}

// Add counts one; values are those of the labels, in their order.
func (c Counter) Add(ctx context.Context, values ...string) {
	c.counter.Add(ctx, 1, attributes(c.labels, values))
}

// Expect shows 0 for every combination of the labels' values before there is anything to
// count: Prometheus sees no increase in a series that begins at 1.
func (c Counter) Expect(ctx context.Context, values ...[]string) {
	combinations := [][]string{nil}
	for _, of := range values {
		var longer [][]string
		for _, begin := range combinations {
			for _, value := range of {
				longer = append(longer, append(begin[:len(begin):len(begin)], value))
			}
		}
		combinations = longer
	}
	for _, combination := range combinations {
		c.counter.Add(ctx, 0, attributes(c.labels, combination))
	}
}

// Timer measures times by its labels.
type Timer struct {
	histogram metric.Float64Histogram
	labels    []string
}

// Record measures a time; values are those of the labels, in their order.
func (t Timer) Record(ctx context.Context, took time.Duration, values ...string) {
	t.histogram.Record(ctx, took.Seconds(), attributes(t.labels, values))
}

func attributes(names, values []string) metric.MeasurementOption {
	set := make([]attribute.KeyValue, len(names))
	for n, name := range names {
		set[n] = attribute.String(name, values[n])
	}
	return metric.WithAttributes(set...)
}

// Forwarded counts a try to hand a webhook to Temporal and, when it succeeded,
// measures how long the webhook had waited.
func (i *Instruments) Forwarded(ctx context.Context, account string, waited time.Duration, err error) {
	if err != nil {
		i.forwarded.Add(ctx, account, "failed")
		return
	}
	i.forwarded.Add(ctx, account, "ok")
	i.forwardLag.Record(ctx, waited, account)
}

// VendorCall counts a call of the vendor's API and, unless it was held back and
// took nothing, measures it. Operation and outcome are package idwise's.
func (i *Instruments) VendorCall(ctx context.Context, account, operation, outcome string, took time.Duration) {
	i.vendor.Add(ctx, account, operation, outcome)
	if took > 0 {
		i.vendorTook.Record(ctx, took, account, operation)
	}
}

// GovernmentCall counts and measures a request to the government's register.
func (i *Instruments) GovernmentCall(ctx context.Context, account, outcome string, took time.Duration) {
	i.government.Add(ctx, account, outcome)
	i.governmentTook.Record(ctx, took, account)
}
