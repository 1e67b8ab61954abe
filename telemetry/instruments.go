package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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

	hintsPostponed metric.Int64Counter

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
	i.decisions = counter("idjourney.decisions", "Decisions, each counted once, by account, outcome and source.")
	i.decided = seconds(decisionSeconds, "Time from a journey's first webhook to a decision, by account, outcome and whether it is the journey's first.")
	i.reaction = seconds("idjourney.decision.reaction", "Time from the newest webhook before a decision to its being recorded, by account and outcome; not for decisions of operators and expiries.")
	i.adopted = counter("idjourney.journeys.adopted", "Journeys that were decided before idjourney knew them and were adopted, each counted once, by account and outcome.")
	i.messages = counter("idjourney.messages", "Messages, each counted once for all endpoints when it is first tried at the account's first, by account and type.")
	i.alerts = counter("idjourney.aml.alerts", "Changes of AML matches that wait for a person, by account and severity.")
	i.erasures = counter("idjourney.erasures", "Tries to erase a journey's personal data, by account and how they ended.")
	i.deliveries = counter("idjourney.deliveries", "Tries to deliver a message, by account, endpoint and how they ended.")
	i.deliveryTook = seconds("idjourney.delivery", "Time that a try to deliver a message took, by account and endpoint.")
	i.hintsPostponed = counter("idjourney.hints.postponed", "Fetches that wait because webhooks have used up the account's budget, by account.")
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

// Decided counts a decision. It is called once for each, by the first to record it in
// the ledger.
func (i *Instruments) Decided(ctx context.Context, account, outcome, source string) {
	i.decisions.Add(ctx, 1, labels("account", account, "outcome", outcome, "source", source))
}

// TimeToDecision measures how long after the journey's first webhook a decision
// was made; first says that it is the journey's first decision.
func (i *Instruments) TimeToDecision(ctx context.Context, account, outcome string, first bool, took time.Duration) {
	i.decided.Record(ctx, took.Seconds(), labels("account", account, "outcome", outcome, "first", strconv.FormatBool(first)))
}

// Reaction measures how long after the webhook that caused it a decision was
// recorded: our own part of the time to decision.
func (i *Instruments) Reaction(ctx context.Context, account, outcome string, took time.Duration) {
	i.reaction.Record(ctx, took.Seconds(), labels("account", account, "outcome", outcome))
}

// Delivery counts a try to deliver a message to a customer's endpoint; outcome is
// a delivery's state: delivered, pending (to be tried again), parked.
func (i *Instruments) Delivery(ctx context.Context, account, endpoint, outcome string) {
	i.deliveries.Add(ctx, 1, labels("account", account, "endpoint", endpoint, "outcome", outcome))
}

// DeliveryTook measures one request to a customer's endpoint.
func (i *Instruments) DeliveryTook(ctx context.Context, account, endpoint string, took time.Duration) {
	i.deliveryTook.Record(ctx, took.Seconds(), labels("account", account, "endpoint", endpoint))
}

// VendorCall counts a call of the vendor's API and, unless it was held back and
// took nothing, measures it. Operation and outcome are package idwise's.
func (i *Instruments) VendorCall(ctx context.Context, account, operation, outcome string, took time.Duration) {
	i.vendor.Add(ctx, 1, labels("account", account, "operation", operation, "outcome", outcome))
	if took > 0 {
		i.vendorTook.Record(ctx, took.Seconds(), labels("account", account, "operation", operation))
	}
}

// ExpectAPI shows the denied requests of callers without a token at 0.
func (i *Instruments) ExpectAPI(ctx context.Context) {
	i.apiDenied.Add(ctx, 0, labels("account", "unknown", "token", "unknown", "missing", "token"))
}

// HintPostponed counts a fetch that waits because webhooks have used up the account's
// budget of fetches.
func (i *Instruments) HintPostponed(ctx context.Context, account string) {
	i.hintsPostponed.Add(ctx, 1, labels("account", account))
}

// APIDenied counts a denied request to the customer's API; missing is token, throttled,
// scope or account. Account and token are "unknown" unless they are configured.
func (i *Instruments) APIDenied(ctx context.Context, account, token, missing string) {
	i.apiDenied.Add(ctx, 1, labels("account", account, "token", token, "missing", missing))
}

// GovernmentCall counts and measures a request to the government's register;
// outcome is ok, no_record or failed.
func (i *Instruments) GovernmentCall(ctx context.Context, account, outcome string, took time.Duration) {
	i.government.Add(ctx, 1, labels("account", account, "outcome", outcome))
	i.governmentTook.Record(ctx, took.Seconds(), labels("account", account))
}

// The outcomes of a request to the government's register.
const (
	GovernmentOK       = "ok"
	GovernmentNoRecord = "no_record"
	GovernmentFailed   = "failed"
)

// Adopted counts a journey that was decided before idjourney knew it, when its baseline
// is recorded for the first time; outcome is what it was decided as.
func (i *Instruments) Adopted(ctx context.Context, account, outcome string) {
	i.adopted.Add(ctx, 1, labels("account", account, "outcome", outcome))
}

// Message counts a message by its type, once for all endpoints and tries.
func (i *Instruments) Message(ctx context.Context, account, messageType string) {
	i.messages.Add(ctx, 1, labels("account", account, "type", messageType))
}

// AMLAlert counts a change of AML matches that waits for a person.
func (i *Instruments) AMLAlert(ctx context.Context, account, severity string) {
	i.alerts.Add(ctx, 1, labels("account", account, "severity", severity))
}

// Erasure counts a try to erase a journey's personal data.
func (i *Instruments) Erasure(ctx context.Context, account, outcome string) {
	i.erasures.Add(ctx, 1, labels("account", account, "outcome", outcome))
}

// How a try to erase ends.
const (
	ErasureDone        = "done"
	ErasureDenied      = "denied"      // the vendor refuses
	ErasureUnreachable = "unreachable" // the vendor is away: tried again
	ErasureLedger      = "ledger"      // the ledger is away: tried again
)

// Expected names what an account's work is measured by.
type Expected struct {
	Account string
	// Operations of the vendor's API, and how calls of them end.
	Operations, OperationOutcomes []string
	// Endpoints of the customer's, and how deliveries to them end.
	Endpoints, DeliveryOutcomes []string
	// Messages are the types of message, Severities those of AML alerts, Outcomes
	// those of decisions.
	Messages, Severities, Outcomes []string
	// Government says that the account has a government's register.
	Government bool
}

// ExpectWork shows the counters of an account's work at 0 before there is any:
// Prometheus sees no increase in a series that begins at 1.
func (i *Instruments) ExpectWork(ctx context.Context, e Expected) {
	i.hintsPostponed.Add(ctx, 0, labels("account", e.Account))
	for _, operation := range e.Operations {
		for _, outcome := range e.OperationOutcomes {
			i.vendor.Add(ctx, 0, labels("account", e.Account, "operation", operation, "outcome", outcome))
		}
	}
	for _, endpoint := range e.Endpoints {
		for _, outcome := range e.DeliveryOutcomes {
			i.deliveries.Add(ctx, 0, labels("account", e.Account, "endpoint", endpoint, "outcome", outcome))
		}
	}
	for _, message := range e.Messages {
		i.messages.Add(ctx, 0, labels("account", e.Account, "type", message))
	}
	for _, severity := range e.Severities {
		i.alerts.Add(ctx, 0, labels("account", e.Account, "severity", severity))
	}
	for _, outcome := range e.Outcomes {
		i.adopted.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
	}
	for _, outcome := range []string{ErasureDone, ErasureDenied, ErasureUnreachable, ErasureLedger} {
		i.erasures.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
	}
	if e.Government {
		for _, outcome := range []string{GovernmentOK, GovernmentNoRecord, GovernmentFailed} {
			i.government.Add(ctx, 0, labels("account", e.Account, "outcome", outcome))
		}
	}
}
