package telemetry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
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
	// figuresFor is how long figures are shown again before the ledger is read anew:
	// however often metrics are scraped, it costs little.
	figuresFor = 2 * time.Second
	// figuresWithin bounds the reading; metrics are scraped without a deadline.
	figuresWithin = 2 * time.Second
)

// ObserveFigures shows figures whenever metrics are scraped. Zero has the groups that
// are shown even while nothing waits in them. Every process that observes shows the
// same numbers of the one ledger: take the highest, not the sum.
func (i *Instruments) ObserveFigures(read func(ctx context.Context) (Figures, error), zero Figures) error {
	g, err := newGauges(i.meter)
	if err == nil {
		cached := &cachedFigures{read: read}
		_, err = i.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
			f, err := cached.now(ctx)
			g.observe(o, f, err == nil, zero)
			return nil // a ledger that is away costs its own gauges, not the scrape
		}, g.all...)
	}
	if err != nil {
		return fmt.Errorf("making the gauges of the ledger: %w", err)
	}
	return nil
}

// cachedFigures reads at most once in figuresFor.
type cachedFigures struct {
	mu   sync.Mutex
	read func(ctx context.Context) (Figures, error)
	at   time.Time
	last Figures
	err  error
}

func (c *cachedFigures) now(ctx context.Context) (Figures, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && time.Since(c.at) < figuresFor {
		return c.last, c.err
	}
	ctx, cancel := context.WithTimeout(ctx, figuresWithin)
	defer cancel()
	c.last, c.err = c.read(ctx)
	c.at = time.Now()
	return c.last, c.err
}

// gauges are the instruments that show Figures.
type gauges struct {
	up, pending metric.Int64ObservableGauge
	pendingAge  metric.Float64ObservableGauge
	families    []family
	all         []metric.Observable
}

// family is one figure and the gauges that show it, nil where there is none.
type family struct {
	tallies        func(Figures) []Tally
	by, and        string // the names of the labels
	count, overdue metric.Int64ObservableGauge
	age            metric.Float64ObservableGauge
}

func newGauges(meter metric.Meter) (*gauges, error) {
	g := &gauges{}
	var errs []error
	number := func(name, description string) metric.Int64ObservableGauge {
		made, err := meter.Int64ObservableGauge(name, metric.WithDescription(description))
		errs, g.all = append(errs, err), append(g.all, made)
		return made
	}
	age := func(name, description string) metric.Float64ObservableGauge {
		made, err := meter.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(description))
		errs, g.all = append(errs, err), append(g.all, made)
		return made
	}
	g.up = number("idjourney.ledger.up", "1 if the ledger could be read for these metrics, else 0; its other gauges are then missing.")
	g.pending = number("idjourney.webhooks.pending", "Recorded webhooks that wait for Temporal.")
	g.pendingAge = age("idjourney.webhooks.pending_age", ofOldest)
	g.families = families(number, age)
	return g, errors.Join(errs...)
}

const ofOldest = "Age of the oldest of them; 0 without any."

func families(number func(name, description string) metric.Int64ObservableGauge, age func(name, description string) metric.Float64ObservableGauge) []family {
	return []family{
		{
			tallies: func(f Figures) []Tally { return f.Journeys }, by: "phase",
			count: number("idjourney.journeys.open", "Journeys that wait for something, by account and phase, as the ledger last heard."),
			age:   age("idjourney.journeys.oldest", "How long the longest of them has been in its phase; 0 without any."),
		}, {
			tallies: func(f Figures) []Tally { return f.Reviews }, by: "kind",
			count:   number("idjourney.reviews.open", "Open reviews, by account and kind: vendor (decided at IDWise) or local (by our operator)."),
			age:     age("idjourney.review.age", "Age of the oldest open review; 0 without any."),
			overdue: number("idjourney.reviews.overdue", "Open reviews that are older than review_overdue_after."),
		}, {
			tallies: func(f Figures) []Tally { return f.Ladders }, by: "kind",
			overdue: number("idjourney.reviews.escalated", "Open reviews that their ladder has escalated, by account and kind."),
		}, {
			tallies: func(f Figures) []Tally { return f.Alerts }, by: "severity",
			count:   number("idjourney.aml.alerts.open", "AML alerts without a disposition, by account and severity."),
			age:     age("idjourney.aml.alert.age", ofOldest),
			overdue: number("idjourney.aml.alerts.escalated", "Those that their ladder has escalated."),
		}, {
			tallies: func(f Figures) []Tally { return f.Attention }, by: "code",
			count: number("idjourney.attention.open", "Open needs for a person, by account and code."),
			age:   age("idjourney.attention.age", ofOldest),
		}, {
			tallies: func(f Figures) []Tally { return f.Deliveries }, by: "endpoint", and: "state",
			count: number("idjourney.deliveries.waiting", "Messages that a customer's endpoint has not taken, by account, endpoint and state."),
			age:   age("idjourney.deliveries.waiting_age", "Time since the first try of the oldest of them; 0 without any."),
		}, {
			tallies: func(f Figures) []Tally { return f.Withheld }, by: "state",
			count: number("idjourney.webhooks.withheld", "Journeys and spot checks that IDWise has not confirmed and whose webhooks are withheld, by account and state."),
		},
	}
}

func (g *gauges) observe(o metric.Observer, f Figures, up bool, zero Figures) {
	if !up {
		o.ObserveInt64(g.up, 0)
		return
	}
	o.ObserveInt64(g.up, 1)
	o.ObserveInt64(g.pending, int64(f.Pending))
	o.ObserveFloat64(g.pendingAge, since(f.OldestPending))
	for _, of := range g.families {
		shown := map[Tally]bool{}
		for _, t := range slices.Concat(of.tallies(f), of.tallies(zero)) {
			group := Tally{Account: t.Account, By: t.By, And: t.And}
			if !shown[group] {
				shown[group] = true
				of.observe(o, t)
			}
		}
	}
}

func (f family) observe(o metric.Observer, t Tally) {
	as := labels("account", t.Account, f.by, t.By)
	if f.and != "" {
		as = labels("account", t.Account, f.by, t.By, f.and, t.And)
	}
	if f.count != nil {
		o.ObserveInt64(f.count, int64(t.Count), as)
	}
	if f.overdue != nil {
		o.ObserveInt64(f.overdue, int64(t.Overdue), as)
	}
	if f.age != nil {
		o.ObserveFloat64(f.age, since(t.Oldest), as)
	}
}

// since is in seconds, and 0 for no time and for one that is still to come.
func since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(time.Since(t).Seconds(), 0)
}
