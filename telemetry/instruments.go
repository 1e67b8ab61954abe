package telemetry

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// Instruments are idjourney's own measurements. Labels come from the configuration or closed
// lists, never from a sender. The first label of each is the account.
type Instruments struct {
	meter metric.Meter

	Webhooks       Counter `name:"idjourney.webhooks" labels:"type,outcome" doc:"Webhooks that came in, by account, event type and what became of them."`
	Acknowledged   Timer   `name:"idjourney.webhook.ack" doc:"Time from a webhook's request to its answer."`
	Forwards       Counter `name:"idjourney.webhooks.forwarded" labels:"outcome" doc:"Tries to hand a recorded webhook to Temporal, by account and success."`
	ForwardLag     Timer   `name:"idjourney.webhook.forward_lag" doc:"Time from a webhook's receipt to its being in Temporal's hands."`
	Decisions      Counter `name:"idjourney.decisions" labels:"outcome,source" doc:"Decisions, each counted once, by account, outcome and source."`
	TimeToDecision Timer   `name:"idjourney.decision" labels:"outcome,first" doc:"Time from a journey's first webhook to a decision, by account, outcome and whether it is the journey's first."`
	Reaction       Timer   `name:"idjourney.decision.reaction" labels:"outcome" doc:"Time from the newest webhook before a decision to its being recorded, by account and outcome; not for decisions of operators and expiries."`
	Adopted        Counter `name:"idjourney.journeys.adopted" labels:"outcome" doc:"Journeys that were decided before idjourney knew them and were adopted, each counted once, by account and outcome."`
	Messages       Counter `name:"idjourney.messages" labels:"type" doc:"Messages, each counted once for all endpoints when it is first tried at the account's first, by account and type."`
	AMLAlerts      Counter `name:"idjourney.aml.alerts" labels:"severity" doc:"Changes of AML matches that wait for a person, by account and severity."`
	Erasures       Counter `name:"idjourney.erasures" labels:"outcome" doc:"Tries to erase a journey's personal data, by account and how they ended."`
	Deliveries     Counter `name:"idjourney.deliveries" labels:"endpoint,outcome" doc:"Tries to deliver a message, by account, endpoint and how they ended."`
	DeliveryTook   Timer   `name:"idjourney.delivery" labels:"endpoint" doc:"Time that a try to deliver a message took, by account and endpoint."`
	HintsPostponed Counter `name:"idjourney.hints.postponed" doc:"Fetches that wait because webhooks have used up the account's budget, by account."`
	APIDenied      Counter `name:"idjourney.api.denied" labels:"token,missing" doc:"Requests to the customer's API that were denied, by account, token and what was missing."`
	Vendor         Counter `name:"idjourney.vendor.requests" labels:"operation,outcome" doc:"Calls of IDWise's API, by account, operation and how they ended."`
	VendorTook     Timer   `name:"idjourney.vendor.request" labels:"operation" doc:"Time from a request to IDWise's API to its answer, by account and operation."`
	Government     Counter `name:"idjourney.government.requests" labels:"outcome" doc:"Look-ups in the government's register, by account and how they ended."`
	GovernmentTook Timer   `name:"idjourney.government.request" doc:"Time that a look-up in the government's register took, by account."`
}

// NewInstruments makes the instruments with a meter, each as its tags say.
func NewInstruments(meter metric.Meter) (*Instruments, error) {
	i := &Instruments{meter: meter}
	var errs []error
	for field, v := range reflect.ValueOf(i).Elem().Fields() {
		if !field.IsExported() {
			continue
		}
		name, doc := field.Tag.Get("name"), metric.WithDescription(field.Tag.Get("doc"))
		labels := strings.FieldsFunc("account,"+field.Tag.Get("labels"), func(r rune) bool { return r == ',' })
		var err error
		switch made := v.Addr().Interface().(type) {
		case *Counter:
			made.labels = labels
			made.counter, err = meter.Int64Counter(name, doc)
		case *Timer:
			made.labels = labels
			made.histogram, err = meter.Float64Histogram(name, doc, metric.WithUnit("s"))
		}
		errs = append(errs, err)
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
		i.Forwards.Add(ctx, account, "failed")
		return
	}
	i.Forwards.Add(ctx, account, "ok")
	i.ForwardLag.Record(ctx, waited, account)
}

// VendorCall counts a call of the vendor's API and, unless it was held back and
// took nothing, measures it. Operation and outcome are package idwise's.
func (i *Instruments) VendorCall(ctx context.Context, account, operation, outcome string, took time.Duration) {
	i.Vendor.Add(ctx, account, operation, outcome)
	if took > 0 {
		i.VendorTook.Record(ctx, took, account, operation)
	}
}

// GovernmentCall counts and measures a request to the government's register.
func (i *Instruments) GovernmentCall(ctx context.Context, account, outcome string, took time.Duration) {
	i.Government.Add(ctx, account, outcome)
	i.GovernmentTook.Record(ctx, took, account)
}

// WebhookOutcome says what became of a webhook at the endpoint. The set is closed.
type WebhookOutcome string

// What becomes of a webhook, and how it is answered.
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

// The outcomes of a request to the government's register.
const (
	GovernmentOK       = "ok"
	GovernmentNoRecord = "no_record"
	GovernmentFailed   = "failed"
)

// How a try to erase ends.
const (
	ErasureDone        = "done"
	ErasureDenied      = "denied"      // the vendor refuses
	ErasureUnreachable = "unreachable" // the vendor is away: tried again
	ErasureLedger      = "ledger"      // the ledger is away: tried again
)

// ExpectWebhooks shows the counters of an account's webhooks at 0.
func (i *Instruments) ExpectWebhooks(ctx context.Context, account string) {
	i.Webhooks.Expect(ctx, []string{account}, []string{"unknown"}, []string{
		string(WebhookRecorded), string(WebhookDuplicate), string(WebhookQuarantined), string(WebhookSignalled),
		string(WebhookRefused), string(WebhookThrottled), string(WebhookLimited), string(WebhookUnavailable),
	})
	i.Forwards.Expect(ctx, []string{account}, []string{"ok", "failed"})
}

// ExpectAPI shows the denied requests of callers without a token at 0.
func (i *Instruments) ExpectAPI(ctx context.Context) {
	i.APIDenied.Expect(ctx, []string{"unknown"}, []string{"unknown"}, []string{"token"})
}

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

// ExpectWork shows the counters of an account's work at 0.
func (i *Instruments) ExpectWork(ctx context.Context, e Expected) {
	account := []string{e.Account}
	i.HintsPostponed.Expect(ctx, account)
	i.Vendor.Expect(ctx, account, e.Operations, e.OperationOutcomes)
	i.Deliveries.Expect(ctx, account, e.Endpoints, e.DeliveryOutcomes)
	i.Messages.Expect(ctx, account, e.Messages)
	i.AMLAlerts.Expect(ctx, account, e.Severities)
	i.Adopted.Expect(ctx, account, e.Outcomes)
	i.Erasures.Expect(ctx, account, []string{ErasureDone, ErasureDenied, ErasureUnreachable, ErasureLedger})
	if e.Government {
		i.Government.Expect(ctx, account, []string{GovernmentOK, GovernmentNoRecord, GovernmentFailed})
	}
}
