package activities_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/ledger"
)

// approved records an approval of a journey under the reference.
func (w *world) approved(t *testing.T, id, reference string, at time.Time) {
	t.Helper()
	d := journey.Decision{
		ID: journey.DecisionID(account, id, 1), Account: account, JourneyID: id, Sequence: 1,
		Outcome: journey.OutcomeApproved, Source: journey.SourceVendor, DecidedAt: at,
	}
	if _, err := w.ledger.SaveDecision(t.Context(), d, journey.Settled); err != nil {
		t.Fatal(err)
	}
	err := w.ledger.SaveJourney(t.Context(), ledger.Journey{Account: account, JourneyID: id, Reference: reference, Flow: "onboarding", UpdatedAt: at})
	if err != nil {
		t.Fatal(err)
	}
}

// spotChecked is a spot check of a journey that was approved at the vendor.
func (w *world) spotChecked(t *testing.T, reference string, passed bool) (spotID, journeyID string) {
	t.Helper()
	journeyID = w.vendor.Start("approve", reference)
	w.await(t, journeyID, idwisetest.PhaseUserDone)
	must(t, w.activities.CompleteCustomStep, journey.CompleteInput{Account: account, JourneyID: journeyID})
	w.await(t, journeyID, idwisetest.PhaseFinished)
	spotID, err := w.vendor.SpotCheck(journeyID, idwisetest.SpotCheckRequest{Passed: passed})
	if err != nil {
		t.Fatal(err)
	}
	return spotID, journeyID
}

func (w *world) fetchSpot(t *testing.T, in journey.SpotFetchInput) journey.SpotAnswer {
	t.Helper()
	in.Account = account
	return must(t, w.activities.FetchSpotCheck, in)
}

func TestASpotCheckIsBoundByItsReference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	spotID, id := w.spotChecked(t, "jane@example.test", false)
	w.approved(t, "older", "jane@example.test", long)
	w.approved(t, id, "jane@example.test", long.Add(time.Hour))
	w.approved(t, "other", "john@example.test", long.Add(2*time.Hour))

	a := w.fetchSpot(t, journey.SpotFetchInput{SpotID: spotID})
	want := &journey.SpotResult{System: "Refer", FailedRules: []string{"same_subject"}}
	if diff := cmp.Diff(want, a.Result); diff != "" || a.Problem != "" {
		t.Errorf("problem %q, result (-want +got):\n%s", a.Problem, diff)
	}
	if diff := cmp.Diff([]string{id}, a.Candidates); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	if a.Policy.Flow != "onboarding" || a.ReferenceHash == "" || a.Decided != nil {
		t.Errorf("got %+v, want the policy of the journey's flow", a)
	}
	if _, err := w.ledger.SpotCheck(t.Context(), account, spotID); err == nil {
		t.Error("a spot check that is bound was kept as held")
	}
	// A journey id from an older webhook counts only under the same reference.
	for claimed, want := range map[string]bool{"older": true, "other": false, "no-such": false, "": false} {
		if got := w.fetchSpot(t, journey.SpotFetchInput{SpotID: spotID, Claimed: claimed}).Claimed; got != want {
			t.Errorf("the vendor's %q: got %v, want %v", claimed, got, want)
		}
	}
}

// A spot check without a journey is held with its reference, for the operator who links it.
func TestAnUnboundSpotCheckIsHeldInTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	spotID, _ := w.spotChecked(t, "jane@example.test", true)
	held := func() ledger.HeldSpotCheck {
		t.Helper()
		list, err := w.ledger.HeldSpotChecks(t.Context(), []string{account})
		if err != nil || len(list) != 1 {
			t.Fatalf("got %d held spot checks, %v; want one", len(list), err)
		}
		return list[0]
	}
	in := journey.SpotFetchInput{SpotID: spotID}
	w.fetchSpot(t, in)
	first := held()
	if first.Reference != "jane@example.test" || first.Outcome != journey.SpotHeld || first.Reasons[0] != "no_journey" {
		t.Errorf("held as %+v", first)
	}
	w.fetchSpot(t, in)
	if diff := cmp.Diff(first, held()); diff != "" {
		t.Errorf("held again by the next fetch (-before +after):\n%s", diff)
	}
	w.approved(t, "a", "jane@example.test", at)
	w.approved(t, "b", "jane@example.test", at)
	if a := w.fetchSpot(t, in); len(a.Candidates) != 2 || held().Reasons[0] != "several_journeys" {
		t.Errorf("a tie: candidates %v, held as %+v", a.Candidates, held())
	}

	// Once linked, the outcome is recorded, keeps its reference, and is no longer held.
	if a := w.fetchSpot(t, journey.SpotFetchInput{SpotID: spotID, Link: "b"}); !a.Linked || a.Policy.Flow != "onboarding" || a.Result != nil {
		t.Errorf("the link to a known journey: %+v", a)
	}
	if a := w.fetchSpot(t, journey.SpotFetchInput{SpotID: spotID, Link: "typo"}); a.Linked {
		t.Error("an unknown journey was linked")
	}
	d := journey.SpotDecision{
		ID: journey.SpotDecisionID(account, spotID), Account: account, SpotID: spotID, Outcome: journey.SpotPassed,
		JourneyID: "b", BoundBy: "ops", System: "Complete", DecidedAt: time.Now().Add(time.Minute).UTC(),
	}
	message := journey.Message{ID: d.ID, Type: journey.MessageSpotCheckDecided, Account: account, JourneyID: "b", At: d.DecidedAt, SpotCheck: &d}
	must(t, w.activities.Publish, journey.PublishInput{Message: message, Endpoint: core})
	if got := w.customer.Journey("b"); len(got) != 1 {
		t.Fatalf("the customer received %d messages, want one", len(got))
	}
	a := w.fetchSpot(t, in)
	if diff := cmp.Diff(&d, a.Decided); diff != "" {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
	if list, err := w.ledger.HeldSpotChecks(t.Context(), []string{account}); err != nil || len(list) != 0 {
		t.Errorf("still held: %v, %v", list, err)
	}
}

func TestASpotCheckThatTheVendorDoesNotShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.fetchSpot(t, journey.SpotFetchInput{SpotID: "no-such"}); a.Problem != journey.ProblemMissing || a.Result != nil || a.Policy.Version == "" {
		t.Errorf("got %+v, want missing with the account's policy", a)
	}
	_, err := run(t, w.activities.FetchSpotCheck, journey.SpotFetchInput{Account: "unknown", SpotID: "s"})
	wantRetry(t, err, "account_unlisted", 0)
}

// A handover is a webhook of our own, recorded once.
func TestHandOverRecordsTheEventOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := journey.Event{
		EventID: "spf_1", Type: journey.SpotCheckFailed, Account: account, JourneyID: "j1",
		Hint: journey.Hint{SpotCheck: "s1"}, ReceivedAt: time.Now().UTC(),
	}
	for range 2 {
		if a := must(t, w.activities.HandOver, journey.HandOverInput{Event: e}); a.Problem != "" {
			t.Errorf("got %+v", a)
		}
	}
	if n, _, err := w.ledger.PendingWebhooks(t.Context()); err != nil || n != 1 {
		t.Errorf("%d events wait to be forwarded, %v; want one", n, err)
	}
	_ = w.ledger.Close()
	_, err := run(t, w.activities.HandOver, journey.HandOverInput{Event: e})
	wantRetry(t, err, "ledger_unavailable", 0)
}
