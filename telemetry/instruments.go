package telemetry

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"golang.org/x/time/rate"
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

// Figures is what waits, as the ledger sees it at one moment.
type Figures struct {
	// Pending counts the recorded webhooks that wait for Temporal; OldestPending is
	// when the oldest of them was received.
	Pending       int
	OldestPending time.Time
	// Journeys that wait for something, by phase; Oldest is since when the first of
	// them has been in it.
	Journeys []Tally
	// Reviews are journeys under review, by kind; Overdue are those older than asked for.
	Reviews []Tally
	// Ladders are open reviews, by kind, and Alerts open AML alerts, by severity;
	// Overdue are those that their ladder has escalated.
	Ladders, Alerts []Tally
	// Attention is what needs a person, by code; a journey whose messages are parked at
	// two endpoints counts twice.
	Attention []Tally
	// Deliveries that an endpoint has not taken, by endpoint and state; Oldest is when
	// the first of them was first tried.
	Deliveries []Tally
	// Withheld are the journeys and spot checks that the vendor has not confirmed and
	// whose webhooks are withheld, by state.
	Withheld []Tally
}

// Tally counts one group of what waits in an account.
type Tally struct {
	Account string
	// By is the value that the group shares, And a second one where there is one.
	By, And        string
	Count, Overdue int
	// Oldest is the zero time if nothing waits.
	Oldest time.Time
}

const (
	// figuresFor is how long figures are shown again before the next reading.
	figuresFor = 2 * time.Second
	// figuresWithin bounds the reading; metrics are scraped without a deadline.
	figuresWithin = 2 * time.Second
)

// ObserveFigures shows figures whenever metrics are scraped; zero has the groups that are
// always shown. Every process shows the same ledger: take the highest, not the sum.
func (i *Instruments) ObserveFigures(read func(ctx context.Context) (Figures, error), zero Figures) error {
	var mu sync.Mutex
	var last Figures
	var lastErr error
	sometimes := rate.Sometimes{Interval: figuresFor}
	now := func(ctx context.Context) (Figures, error) {
		mu.Lock()
		defer mu.Unlock()
		sometimes.Do(func() {
			ctx, cancel := context.WithTimeout(ctx, figuresWithin)
			defer cancel()
			last, lastErr = read(ctx)
		})
		return last, lastErr
	}
	var errs []error
	for _, of := range families {
		for _, g := range of.gauges {
			_, err := i.meter.Float64ObservableGauge(g.name, metric.WithUnit(g.unit), metric.WithDescription(g.description),
				metric.WithFloat64Callback(func(ctx context.Context, o metric.Float64Observer) error {
					f, err := now(ctx)
					switch {
					case err == nil:
						g.show(o, of.labels, slices.Concat(of.tallies(f), of.tallies(zero)))
					case g.name == ledgerUp:
						o.Observe(0)
					}
					return nil // a ledger that is away costs its own gauges, not the scrape
				}))
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("making the gauges of the ledger: %w", err)
	}
	return nil
}

// show observes the first tally of each group.
func (g gauge) show(o metric.Float64Observer, labels []string, tallies []Tally) {
	shown := map[Tally]bool{}
	for _, t := range tallies {
		group := Tally{Account: t.Account, By: t.By, And: t.And}
		if !shown[group] {
			shown[group] = true
			o.Observe(g.of(t), attributes(labels, []string{t.Account, t.By, t.And}))
		}
	}
}

// family is one figure, the labels of its groups and the gauges that show it.
type family struct {
	tallies func(Figures) []Tally
	labels  []string
	gauges  []gauge
}

// gauge shows one number of a [Tally].
type gauge struct {
	name, description string
	number
}

type number struct {
	unit string
	of   func(Tally) float64
}

var (
	count   = number{"", func(t Tally) float64 { return float64(t.Count) }}
	overdue = number{"", func(t Tally) float64 { return float64(t.Overdue) }}
	age     = number{"s", func(t Tally) float64 { return since(t.Oldest) }}
)

const (
	ledgerUp = "idjourney.ledger.up"
	ofOldest = "Age of the oldest of them; 0 without any."
)

var families = []family{
	{func(Figures) []Tally { return []Tally{{Count: 1}} }, nil, []gauge{
		{ledgerUp, "1 if the ledger could be read for these metrics, else 0; its other gauges are then missing.", count},
	}},
	{func(f Figures) []Tally { return []Tally{{Count: f.Pending, Oldest: f.OldestPending}} }, nil, []gauge{
		{"idjourney.webhooks.pending", "Recorded webhooks that wait for Temporal.", count},
		{"idjourney.webhooks.pending_age", ofOldest, age},
	}},
	{func(f Figures) []Tally { return f.Journeys }, []string{"account", "phase"}, []gauge{
		{"idjourney.journeys.open", "Journeys that wait for something, by account and phase, as the ledger last heard.", count},
		{"idjourney.journeys.oldest", "How long the longest of them has been in its phase; 0 without any.", age},
	}},
	{func(f Figures) []Tally { return f.Reviews }, []string{"account", "kind"}, []gauge{
		{"idjourney.reviews.open", "Open reviews, by account and kind: vendor (decided at IDWise) or local (by our operator).", count},
		{"idjourney.review.age", "Age of the oldest open review; 0 without any.", age},
		{"idjourney.reviews.overdue", "Open reviews that are older than review_overdue_after.", overdue},
	}},
	{func(f Figures) []Tally { return f.Ladders }, []string{"account", "kind"}, []gauge{
		{"idjourney.reviews.escalated", "Open reviews that their ladder has escalated, by account and kind.", overdue},
	}},
	{func(f Figures) []Tally { return f.Alerts }, []string{"account", "severity"}, []gauge{
		{"idjourney.aml.alerts.open", "AML alerts without a disposition, by account and severity.", count},
		{"idjourney.aml.alert.age", ofOldest, age},
		{"idjourney.aml.alerts.escalated", "Those that their ladder has escalated.", overdue},
	}},
	{func(f Figures) []Tally { return f.Attention }, []string{"account", "code"}, []gauge{
		{"idjourney.attention.open", "Open needs for a person, by account and code.", count},
		{"idjourney.attention.age", ofOldest, age},
	}},
	{func(f Figures) []Tally { return f.Deliveries }, []string{"account", "endpoint", "state"}, []gauge{
		{"idjourney.deliveries.waiting", "Messages that a customer's endpoint has not taken, by account, endpoint and state.", count},
		{"idjourney.deliveries.waiting_age", "Time since the first try of the oldest of them; 0 without any.", age},
	}},
	{func(f Figures) []Tally { return f.Withheld }, []string{"account", "state"}, []gauge{
		{"idjourney.webhooks.withheld", "Journeys and spot checks that IDWise has not confirmed and whose webhooks are withheld, by account and state.", count},
	}},
}

// since is in seconds, and 0 for no time and for one that is still to come.
func since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(time.Since(t).Seconds(), 0)
}
