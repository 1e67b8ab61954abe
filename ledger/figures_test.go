package ledger_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
	"idjourney/telemetry"
)

// inOrder sorts tallies, whose order is not defined.
var inOrder = cmpopts.SortSlices(func(a, b telemetry.Tally) bool { return a.By < b.By })

func TestFigures(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		save := func(id string, phase journey.Phase, review journey.ReviewKind, minute int) {
			t.Helper()
			if err := l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: id, Phase: phase, Review: review, UpdatedAt: at(minute)}); err != nil {
				t.Fatal(err)
			}
		}
		save("new", journey.AwaitingUserSteps, "", 3)
		save("done", journey.Settled, "", 1)
		save("review", journey.AwaitingUserSteps, "", 1)
		save("review", journey.AwaitingReview, journey.ReviewLocal, 2)
		save("review", journey.AwaitingReview, "", 30) // a fetch in between does not make the review newer
		save("review", journey.AwaitingUserSteps, "", 1)
		save("second", journey.AwaitingReview, journey.ReviewVendor, 1)
		save("second", journey.Settled, "", 2)
		save("second", journey.AwaitingReview, "", 9) // a new review, whose kind is not known yet
		for endpoint, states := range map[string][]ledger.DeliveryState{
			"core": {ledger.DeliveryPending, ledger.DeliveryPending}, "crm": {ledger.DeliveryPending, ledger.DeliveryDelivered}, "old": {ledger.DeliveryParked},
		} {
			for n, state := range states {
				d := ledger.Delivery{MessageID: "m", Endpoint: endpoint, Account: "bank", JourneyID: "new", State: state, UpdatedAt: at(n)}
				if err := l.SaveDelivery(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := l.Figures(t.Context(), at(5))
		if err != nil {
			t.Fatal(err)
		}
		want := telemetry.Figures{
			Journeys: []telemetry.Tally{
				{Account: "bank", By: "awaiting_review", Count: 2, Oldest: at(2)},
				{Account: "bank", By: "awaiting_user_steps", Count: 1, Oldest: at(3)},
			},
			Reviews: []telemetry.Tally{
				{Account: "bank", By: "local", Count: 1, Oldest: at(2), Overdue: 1},
				{Account: "bank", By: "unknown", Count: 1, Oldest: at(9)},
			},
			Deliveries: []telemetry.Tally{
				{Account: "bank", By: "core", And: "pending", Count: 1, Oldest: at(0)},
				{Account: "bank", By: "old", And: "parked", Count: 1, Oldest: at(0)},
			},
		}
		if diff := gocmp.Diff(want, got, inOrder); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestWebhookTimes(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		for n, disposition := range []ledger.Handling{ledger.Keep, ledger.Forward, ledger.Forward, ledger.Forward} {
			w := ledger.Webhook{Account: "bank", JourneyID: "j", Handling: disposition, ReceivedAt: decidedAt.Add(time.Duration(n) * time.Minute)}
			if disposition == ledger.Forward {
				w.Event = []byte("{}")
			}
			if _, _, err := l.RecordWebhook(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
		first, newest, err := l.WebhookTimes(t.Context(), "bank", "j", decidedAt.Add(150*time.Second))
		if err != nil || !first.Equal(decidedAt.Add(time.Minute)) || !newest.Equal(decidedAt.Add(2*time.Minute)) {
			t.Errorf("got %s, %s, %v", first, newest, err)
		}
		if first, newest, err = l.WebhookTimes(t.Context(), "bank", "other", decidedAt); err != nil || !first.IsZero() || !newest.IsZero() {
			t.Errorf("another journey: got %s, %s, %v, want no times", first, newest, err)
		}
	})
}

func TestFiguresCountWhatWaitsForPeople(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		mustSnapshot(t, l, "j1", inReview(20))
		second := inReview(20)
		second.Review.Kind, second.Review.Since = journey.ReviewVendor, at(0)
		second.Alerts[0].Ladder.EscalateAt, second.Alerts[0].Since = at(10), at(1)
		mustSnapshot(t, l, "j2", second)
		third := inReview(20)
		third.Phase, third.Review, third.Attention = journey.Settled, nil, nil
		mustSnapshot(t, l, "j3", third)
		got, err := l.Figures(t.Context(), at(5))
		if err != nil {
			t.Fatal(err)
		}
		want := telemetry.Figures{
			Journeys: []telemetry.Tally{{Account: "bank", By: "awaiting_review", Count: 2, Oldest: at(1)}},
			Reviews: []telemetry.Tally{
				{Account: "bank", By: "local", Count: 1, Oldest: at(1), Overdue: 1},
				{Account: "bank", By: "vendor", Count: 1, Oldest: at(1), Overdue: 1},
			},
			Ladders: []telemetry.Tally{
				{Account: "bank", By: "local", Count: 1, Oldest: at(1), Overdue: 1},
				{Account: "bank", By: "vendor", Count: 1, Oldest: at(0), Overdue: 1},
			},
			Alerts: []telemetry.Tally{{Account: "bank", By: "high", Count: 3, Oldest: at(1), Overdue: 1}},
			Attention: []telemetry.Tally{
				{Account: "bank", By: "delivery_parked", Count: 2, Oldest: at(4)},
				{Account: "bank", By: "vendor_denied", Count: 2, Oldest: at(3)},
			},
		}
		if diff := gocmp.Diff(want, got, inOrder); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
