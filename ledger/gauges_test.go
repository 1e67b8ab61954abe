package ledger_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
	"idjourney/telemetry"
)

// A state that NoFigures lacks would appear as a series beside the expected ones.
func TestGaugesHaveASeriesForEveryState(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	open := map[journey.Phase]bool{
		journey.AwaitingUserSteps: true, journey.CustomSteps: true, journey.AwaitingResult: true, journey.AwaitingReview: true,
		journey.AwaitingResubmission: true, journey.Settled: false, journey.Expired: false, journey.Unknown: false,
		journey.Ended: false, journey.Erased: false,
	}
	save := func(id string, phase journey.Phase, review journey.ReviewKind) {
		t.Helper()
		if err := l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: id, Phase: phase, Review: review}); err != nil {
			t.Fatal(err)
		}
	}
	for phase := range open {
		save(string(phase), phase, "")
	}
	save("v", journey.AwaitingReview, journey.ReviewVendor)
	save("l", journey.AwaitingReview, journey.ReviewLocal)
	for _, state := range []ledger.DeliveryState{ledger.DeliveryPending, ledger.DeliveryDelivered, ledger.DeliveryParked} {
		if err := l.SaveDelivery(t.Context(), ledger.Delivery{MessageID: string(state), Endpoint: "core", Account: "bank", State: state}); err != nil {
			t.Fatal(err)
		}
	}
	tel, err := telemetry.Setup(t.Context(), telemetry.Config{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	err = tel.Instruments.ObserveFigures(func(ctx context.Context) (telemetry.Figures, error) {
		return l.Figures(ctx, time.Now().Add(-time.Hour))
	}, ledger.NoFigures(map[string][]string{"bank": {"core"}}))
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	tel.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	page := answer.Body.String()
	for phase, is := range open {
		if got := strings.Contains(page, `idjourney_journeys_open{account="bank",phase="`+string(phase)+`"}`); got != is {
			t.Errorf("phase %s is shown: %v, want %v", phase, got, is)
		}
	}
	for series, want := range map[string]int{"idjourney_journeys_open{": 5, "idjourney_reviews_open{": 3, "idjourney_deliveries_waiting{": 2} {
		if got := strings.Count(page, "\n"+series); got != want {
			t.Errorf("%s has %d series, want %d", series, got, want)
		}
	}
	if strings.Contains(page, "reviews_open{account=\"bank\",kind=\"vendor\"} 0") || strings.Contains(page, "kind=\"local\"} 0\nidjourney_reviews_open") {
		t.Errorf("a kind of review is not counted:\n%s", page)
	}
}
