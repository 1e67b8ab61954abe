package telemetry

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// zeroAcme has the groups of the account acme that are shown while nothing waits.
var zeroAcme = Figures{
	Journeys:   []Tally{{Account: "acme", By: "awaiting_user_steps"}, {Account: "acme", By: "awaiting_review"}},
	Reviews:    []Tally{{Account: "acme", By: "vendor"}, {Account: "acme", By: "local"}},
	Ladders:    []Tally{{Account: "acme", By: "vendor"}, {Account: "acme", By: "local"}},
	Alerts:     []Tally{{Account: "acme", By: "low"}, {Account: "acme", By: "medium"}, {Account: "acme", By: "high"}},
	Attention:  []Tally{{Account: "acme", By: "vendor_denied"}, {Account: "acme", By: "erase_failed"}},
	Deliveries: []Tally{{Account: "acme", By: "core", And: "pending"}, {Account: "acme", By: "core", And: "parked"}},
}

func TestFigures(t *testing.T) {
	t.Parallel()
	tel := setup(t)
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	err := tel.Instruments.ObserveFigures(func(context.Context) (Figures, error) {
		return Figures{
			Pending: 3, OldestPending: time.Now().Add(time.Hour), // another machine's clock
			Journeys: []Tally{
				{Account: "acme", By: "awaiting_review", Count: 7, Oldest: ago(48 * time.Hour)},
				{Account: "acme", By: "custom_steps", Count: 4, Oldest: ago(time.Second)},
			},
			Reviews: []Tally{
				{Account: "acme", By: "local", Count: 2, Overdue: 1, Oldest: ago(48 * time.Hour)},
				{Account: "acme", By: "unknown", Count: 5, Oldest: ago(time.Minute)},
			},
			Ladders: []Tally{{Account: "acme", By: "vendor", Count: 3, Overdue: 2, Oldest: ago(time.Hour)}},
			Alerts: []Tally{
				{Account: "acme", By: "high", Count: 4, Overdue: 1, Oldest: ago(24 * time.Hour)},
				{Account: "acme", By: "low", Count: 1, Oldest: ago(time.Minute)},
			},
			Attention:  []Tally{{Account: "acme", By: "vendor_denied", Count: 6, Oldest: ago(time.Hour)}},
			Deliveries: []Tally{{Account: "acme", By: "old", And: "parked", Count: 1, Oldest: ago(time.Hour)}},
		}, nil
	}, zeroAcme)
	if err != nil {
		t.Fatal(err)
	}
	page := scrape(t, tel)
	wantLines(t, page,
		`idjourney_ledger_up 1`,
		`idjourney_webhooks_pending 3`,
		`idjourney_webhooks_pending_age_seconds 0`,
		`idjourney_journeys_open{account="acme",phase="awaiting_review"} 7`,
		`idjourney_journeys_open{account="acme",phase="custom_steps"} 4`,
		`idjourney_journeys_open{account="acme",phase="awaiting_user_steps"} 0`,
		`idjourney_journeys_oldest_seconds{account="acme",phase="awaiting_user_steps"} 0`,
		`idjourney_reviews_open{account="acme",kind="local"} 2`,
		`idjourney_reviews_open{account="acme",kind="vendor"} 0`,
		`idjourney_reviews_open{account="acme",kind="unknown"} 5`,
		`idjourney_reviews_overdue{account="acme",kind="local"} 1`,
		`idjourney_reviews_overdue{account="acme",kind="unknown"} 0`,
		`idjourney_review_age_seconds{account="acme",kind="vendor"} 0`,
		`idjourney_reviews_escalated{account="acme",kind="vendor"} 2`,
		`idjourney_reviews_escalated{account="acme",kind="local"} 0`,
		`idjourney_aml_alerts_open{account="acme",severity="high"} 4`,
		`idjourney_aml_alerts_open{account="acme",severity="medium"} 0`,
		`idjourney_aml_alerts_escalated{account="acme",severity="high"} 1`,
		`idjourney_aml_alerts_escalated{account="acme",severity="low"} 0`,
		`idjourney_aml_alert_age_seconds{account="acme",severity="medium"} 0`,
		`idjourney_attention_open{account="acme",code="vendor_denied"} 6`,
		`idjourney_attention_open{account="acme",code="erase_failed"} 0`,
		`idjourney_attention_age_seconds{account="acme",code="erase_failed"} 0`,
		`idjourney_deliveries_waiting{account="acme",endpoint="old",state="parked"} 1`,
		`idjourney_deliveries_waiting{account="acme",endpoint="core",state="pending"} 0`,
		`idjourney_deliveries_waiting_age_seconds{account="acme",endpoint="core",state="parked"} 0`,
	)
	for _, series := range []string{
		`idjourney_journeys_oldest_seconds{account="acme",phase="awaiting_review"} 17280`,
		`idjourney_review_age_seconds{account="acme",kind="local"} 17280`,
		`idjourney_aml_alert_age_seconds{account="acme",severity="high"} 8640`,
		`idjourney_attention_age_seconds{account="acme",code="vendor_denied"} 360`,
		`idjourney_deliveries_waiting_age_seconds{account="acme",endpoint="old",state="parked"} 360`,
	} {
		if !strings.Contains(page, series) {
			t.Errorf("the metrics lack %s...:\n%s", series, withoutRuntime(page))
		}
	}
}

// An unavailable ledger costs only its own gauges, and is read rarely.
func TestFiguresOfAnUnavailableLedger(t *testing.T) {
	t.Parallel()
	tel := setup(t)
	var asked atomic.Int32
	err := tel.Instruments.ObserveFigures(func(ctx context.Context) (Figures, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the ledger is asked without a deadline")
		}
		asked.Add(1)
		return Figures{}, errors.New("away")
	}, zeroAcme)
	if err != nil {
		t.Fatal(err)
	}
	tel.Instruments.Decisions.Add(context.Background(), "acme", "approved", "vendor")
	for range 3 {
		page := scrape(t, tel)
		wantLines(t, page, `idjourney_ledger_up 0`, `idjourney_decisions_total{account="acme",outcome="approved",source="vendor"} 1`)
		if strings.Contains(page, "idjourney_reviews_open{") {
			t.Error("an unreadable ledger shows reviews")
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the ledger was asked %d times, want once", n)
	}
}
