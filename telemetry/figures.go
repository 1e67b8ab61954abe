package telemetry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"
)

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
