package telemetry

import "go.opentelemetry.io/otel/metric"

// The words of what waits for people, as in package journey; a test of package
// activities holds them together.
var (
	escalatedKinds = []string{"vendor", "local"}
	severities     = []string{"low", "medium", "high"}
	attentionCodes = []string{
		"vendor_denied", "vendor_unreachable", "vendor_missing", "vendor_unreadable", "hint_mismatch",
		"unknown_value", "flow_unlisted", "complete_failed", "delivery_parked", "quarantined",
		"aml_gap", "renewal_unclear", "spot_check_unbound", "erase_failed",
	}
)

// kindAML is the kind of an OpenReviews that counts AML alerts.
const kindAML = "aml"

// observeReviews shows what ladders have escalated, and AML alerts.
func (g *gauges) observeReviews(o metric.Observer, open []OpenReviews, watched []Watched) {
	reviews, alerts := map[key]*tally{}, map[key]*tally{}
	for _, w := range watched {
		for _, kind := range escalatedKinds {
			of(reviews, key{w.Account, kind, ""})
		}
		for _, severity := range severities {
			of(alerts, key{w.Account, severity, ""})
		}
	}
	for _, r := range open {
		if r.Kind == kindAML {
			of(alerts, key{r.Account, r.Severity, ""}).add(r.Count, r.Overdue, r.Oldest)
		} else {
			of(reviews, key{r.Account, r.Kind, ""}).add(r.Count, r.Overdue, r.Oldest)
		}
	}
	for k, t := range reviews {
		o.ObserveInt64(g.escalated, int64(t.overdue), labels("account", k.account, "kind", k.one))
	}
	for k, t := range alerts {
		as := labels("account", k.account, "severity", k.one)
		o.ObserveInt64(g.alerts, int64(t.count), as)
		o.ObserveInt64(g.alertsEscalated, int64(t.overdue), as)
		o.ObserveFloat64(g.alertAge, since(t.oldest), as)
	}
}

func (g *gauges) observeAttention(o metric.Observer, open []OpenAttention, watched []Watched) {
	all := map[key]*tally{}
	for _, w := range watched {
		for _, code := range attentionCodes {
			of(all, key{w.Account, code, ""})
		}
	}
	for _, i := range open {
		of(all, key{i.Account, i.Code, ""}).add(i.Count, 0, i.Oldest)
	}
	for k, t := range all {
		as := labels("account", k.account, "code", k.one)
		o.ObserveInt64(g.attention, int64(t.count), as)
		o.ObserveFloat64(g.attentionAge, since(t.oldest), as)
	}
}
