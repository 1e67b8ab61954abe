package activities_test

import (
	"errors"
	"testing"
	"time"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/ledger"
)

func eraseInput(id string) journey.EraseInput {
	return journey.EraseInput{Account: account, JourneyID: id}
}

// wantErased checks that the ledger has a tombstone and no reference, or neither.
func (w *world) wantErased(t *testing.T, id string, want bool) {
	t.Helper()
	known, err := w.ledger.Journey(t.Context(), account, id)
	if err != nil {
		t.Fatal(err)
	}
	phase, over, err := w.ledger.Tombstone(t.Context(), account, id)
	if err != nil {
		t.Fatal(err)
	}
	if got := over && phase == journey.Erased; got != want || (known.Reference == "") != want {
		t.Errorf("erased in the ledger: tombstone %v (%s), reference gone %v; want %v", over, phase, known.Reference == "", want)
	}
}

func TestEraseAtTheVendorAndInTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	w.fetch(t, id)
	w.wantErased(t, id, false)
	for attempt := 1; attempt <= 2; attempt++ { // the second finds nothing left at either
		if got := must(t, w.activities.Erase, eraseInput(id)); got.Problem != "" {
			t.Errorf("attempt %d: got %+v, want no problem", attempt, got)
		}
		w.wantErased(t, id, true)
	}
	if got := w.fetch(t, id).Problem; got != journey.ProblemMissing {
		t.Errorf("the vendor answers %q, want that there is no such journey", got)
	}
}

// Nothing that was in flight restores the personal data.
func TestNothingComesBackAfterErasure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	before := w.answerOf(t, id)
	w.fetch(t, id)
	must(t, w.activities.Erase, eraseInput(id))

	w.road.answers(callResult, 200, "", before) // requested before the deletion, answered after it
	w.fetch(t, id)
	must(t, w.activities.Publish, decided(decision(id, 1, journey.OutcomeApproved)))
	late := journey.PublishInput{Endpoint: core, Message: message(id, journey.MessageReviewRequired)}
	late.Message.Review = &journey.Review{ID: "rev_1", Kind: journey.ReviewLocal}
	late.Snapshot = &journey.Snapshot{At: time.Now(), Phase: journey.AwaitingReview}
	must(t, w.activities.Publish, late)
	w.wantErased(t, id, true)
	for _, m := range w.customer.Journey(id) {
		if m.Data.Reference != "" {
			t.Errorf("%s carries the reference of an erased journey", m.Type)
		}
	}
}

// If the vendor refuses, our record stays: it would otherwise look erased.
func TestEraseThatTheVendorRefuses(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"credentials": 401, "not allowed": 403, "a bare 404": 404, "a conflict": 409} {
		w := newWorld(t)
		id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
		w.fetch(t, id)
		w.road.answers(callDelete, status, "", "Jane Doe")
		if got, want := must(t, w.activities.Erase, eraseInput(id)).Problem, "denied"; got != want {
			t.Errorf("%s: got problem %q, want %q", name, got, want)
		}
		w.wantErased(t, id, false)
	}
}

func TestEraseIsTriedAgain(t *testing.T) {
	t.Parallel()
	t.Run("the vendor is unavailable", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
		w.fetch(t, id)
		w.road.answers(callDelete, 503, "60", "")
		_, err := run(t, w.activities.Erase, eraseInput(id))
		wantRetry(t, err, "vendor_unavailable", time.Minute)
		w.wantErased(t, id, false)
	})
	t.Run("the vendor's answer is lost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
		w.fetch(t, id)
		w.road.loseAnswers(callDelete)
		_, err := run(t, w.activities.Erase, eraseInput(id))
		wantRetry(t, err, "vendor_unavailable", 0)
		w.road.set(nil)
		must(t, w.activities.Erase, eraseInput(id))
		w.wantErased(t, id, true)
	})
	t.Run("the ledger is unavailable", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
		if err := w.ledger.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := run(t, w.activities.Erase, eraseInput(id))
		wantRetry(t, err, "ledger_unavailable", 0)
	})
}

// A journey is erased even if only the vendor knows it, or neither side does.
func TestEraseOfAJourneyThatTheLedgerDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{w.vendor.Start("never-finish", "customer-7"), "unknown-journey"} {
		if got := must(t, w.activities.Erase, eraseInput(id)); got.Problem != "" {
			t.Errorf("got %+v, want no problem", got)
		}
		if phase, over, err := w.ledger.Tombstone(t.Context(), account, id); err != nil && !errors.Is(err, ledger.ErrNotFound) || !over || phase != journey.Erased {
			t.Errorf("%s: got %s, %v, %v; want a tombstone", id, phase, over, err)
		}
	}
}
