package telemetry

import (
	"errors"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// gauges are the instruments that show Figures.
type gauges struct {
	up                         metric.Int64ObservableGauge
	pending                    metric.Int64ObservableGauge
	pendingAge                 metric.Float64ObservableGauge
	journeys, reviews, overdue metric.Int64ObservableGauge
	journeysOldest, reviewAge  metric.Float64ObservableGauge
	escalated                  metric.Int64ObservableGauge
	alerts, alertsEscalated    metric.Int64ObservableGauge
	alertAge                   metric.Float64ObservableGauge
	attention                  metric.Int64ObservableGauge
	attentionAge               metric.Float64ObservableGauge
	undelivered                metric.Int64ObservableGauge
	undeliveredAge             metric.Float64ObservableGauge
	withheld                   metric.Int64ObservableGauge
	all                        []metric.Observable
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
	g.pendingAge = age("idjourney.webhooks.pending_age", "Age of the oldest of them; 0 without any.")
	g.journeys = number("idjourney.journeys.open", "Journeys that wait for something, by account and phase, as the ledger last heard.")
	g.journeysOldest = age("idjourney.journeys.oldest", "How long the longest of them has been in its phase; 0 without any.")
	g.reviews = number("idjourney.reviews.open", "Open reviews, by account and kind: vendor (decided at IDWise) or local (by our operator).")
	g.reviewAge = age("idjourney.review.age", "Age of the oldest open review; 0 without any.")
	g.overdue = number("idjourney.reviews.overdue", "Open reviews that are older than review_overdue_after.")
	g.escalated = number("idjourney.reviews.escalated", "Open reviews that their ladder has escalated, by account and kind.")
	g.alerts = number("idjourney.aml.alerts.open", "AML alerts without a disposition, by account and severity.")
	g.alertAge = age("idjourney.aml.alert.age", "Age of the oldest of them; 0 without any.")
	g.alertsEscalated = number("idjourney.aml.alerts.escalated", "Those that their ladder has escalated.")
	g.attention = number("idjourney.attention.open", "Open calls for a person, by account and code.")
	g.attentionAge = age("idjourney.attention.age", "Age of the oldest of them; 0 without any.")
	g.undelivered = number("idjourney.deliveries.waiting", "Messages that a customer's endpoint has not taken, by account, endpoint and state.")
	g.undeliveredAge = age("idjourney.deliveries.waiting_age", "Time since the first try of the oldest of them; 0 without any.")
	g.withheld = number("idjourney.webhooks.withheld", "Journeys and spot checks that IDWise has not confirmed and whose webhooks are withheld, by account and state.")
	return g, errors.Join(errs...)
}

func (g *gauges) observe(o metric.Observer, f Figures, up bool, watched []Watched) {
	if !up {
		o.ObserveInt64(g.up, 0)
		return
	}
	o.ObserveInt64(g.up, 1)
	o.ObserveInt64(g.pending, int64(f.Pending))
	o.ObserveFloat64(g.pendingAge, since(f.OldestPending))
	g.observeJourneys(o, f.Waiting, watched)
	g.observeReviews(o, f.Reviews, watched)
	g.observeAttention(o, f.Attention, watched)
	g.observeUndelivered(o, f.Undelivered, watched)
	g.observeWithheld(o, f.Withheld, watched)
}

// key is an account with a phase, a kind of review, or an endpoint and a state.
type key struct{ account, one, two string }

// tally is what a gauge shows of one key.
type tally struct {
	count, overdue int
	oldest         time.Time
}

func (t *tally) add(count, overdue int, oldest time.Time) {
	if t.oldest.IsZero() || oldest.Before(t.oldest) {
		t.oldest = oldest
	}
	t.count, t.overdue = t.count+count, t.overdue+overdue
}

// of finds or makes a key's tally.
func of(all map[key]*tally, k key) *tally {
	if all[k] == nil {
		all[k] = &tally{}
	}
	return all[k]
}

func (g *gauges) observeJourneys(o metric.Observer, waiting []Waiting, watched []Watched) {
	phases, reviews := map[key]*tally{}, map[key]*tally{}
	for _, w := range watched {
		for _, phase := range openPhases {
			of(phases, key{w.Account, phase, ""})
		}
		for _, kind := range reviewKinds {
			of(reviews, key{w.Account, kind, ""})
		}
	}
	for _, w := range waiting {
		of(phases, key{w.Account, w.Phase, ""}).add(w.Count, 0, w.Oldest)
		if w.Phase == phaseReview {
			kind := w.Review
			if kind == "" {
				kind = "unknown"
			}
			of(reviews, key{w.Account, kind, ""}).add(w.Count, w.Overdue, w.Oldest)
		}
	}
	for k, t := range phases {
		as := labels("account", k.account, "phase", k.one)
		o.ObserveInt64(g.journeys, int64(t.count), as)
		o.ObserveFloat64(g.journeysOldest, since(t.oldest), as)
	}
	for k, t := range reviews {
		as := labels("account", k.account, "kind", k.one)
		o.ObserveInt64(g.reviews, int64(t.count), as)
		o.ObserveInt64(g.overdue, int64(t.overdue), as)
		o.ObserveFloat64(g.reviewAge, since(t.oldest), as)
	}
}

func (g *gauges) observeUndelivered(o metric.Observer, undelivered []Undelivered, watched []Watched) {
	all := map[key]*tally{}
	for _, w := range watched {
		for _, endpoint := range w.Endpoints {
			for _, state := range waitStates {
				of(all, key{w.Account, endpoint, state})
			}
		}
	}
	for _, u := range undelivered {
		of(all, key{u.Account, u.Endpoint, u.State}).add(u.Count, 0, u.Oldest)
	}
	for k, t := range all {
		as := labels("account", k.account, "endpoint", k.one, "state", k.two)
		o.ObserveInt64(g.undelivered, int64(t.count), as)
		o.ObserveFloat64(g.undeliveredAge, since(t.oldest), as)
	}
}

func (g *gauges) observeWithheld(o metric.Observer, withheld []Withheld, watched []Watched) {
	all := map[key]*tally{}
	for _, w := range watched {
		for _, state := range heldStates {
			of(all, key{w.Account, state, ""})
		}
	}
	for _, w := range withheld {
		of(all, key{w.Account, w.State, ""}).add(w.Count, 0, w.Oldest)
	}
	for k, t := range all {
		o.ObserveInt64(g.withheld, int64(t.count), labels("account", k.account, "state", k.one))
	}
}

// since is in seconds, and 0 for no time and for one that is still to come.
func since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(time.Since(t).Seconds(), 0)
}
