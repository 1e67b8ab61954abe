package activities_test

import (
	"net/http"
	"testing"
	"time"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

func completeInput(id string) journey.CompleteInput {
	return journey.CompleteInput{Account: account, JourneyID: id}
}

const refusal = `{"success":false,"error_code":"invalid_request","message":"m"}`

func TestCompleteCustomStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	if got := must(t, w.activities.CompleteCustomStep, completeInput(id)); got.Problem != "" {
		t.Errorf("got %+v, want no problem", got)
	}
	if s := w.await(t, id, idwisetest.PhaseFinished); s.CompleteCalls != 1 || s.Final != journey.Complete {
		t.Errorf("got %d calls and %s, want one and %s", s.CompleteCalls, s.Final, journey.Complete)
	}
}

// The worker is killed after the request. The next attempt's request is refused, and the
// result shows that the first one took effect.
func TestCompleteAgainAfterAKill(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 404, 409} {
		w := newWorld(t)
		id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
		w.road.loseAnswers(callComplete)
		_, err := run(t, w.activities.CompleteCustomStep, completeInput(id))
		wantRetry(t, err, "vendor_unavailable", 0)
		w.await(t, id, idwisetest.PhaseFinished)

		w.road.answers(callComplete, status, "", refusal)
		if got := must(t, w.activities.CompleteCustomStep, completeInput(id)); got.Problem != "" {
			t.Errorf("%d: got %+v, want no problem", status, got)
		}
		if got := w.vendor.Journey(id).CompleteCalls; got != 1 {
			t.Errorf("%d: the vendor took %d calls, want 1", status, got)
		}
	}
}

func TestCompleteRefusedWhileTheJourneyIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.vendor.Start("never-finish", "") // the stand-in refuses: the user is not done
	if got := must(t, w.activities.CompleteCustomStep, completeInput(open)); got.Problem != "refused" {
		t.Errorf("got %+v, want it refused", got)
	}
	if got := must(t, w.activities.CompleteCustomStep, completeInput("no-such-journey")); got.Problem != "refused" {
		t.Errorf("of an unknown journey: got %+v, want it refused", got)
	}
}

// The request is refused, and then the result cannot be fetched: that is not an answer yet.
func TestCompleteRefusedWhileTheVendorIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
	w.road.set(func(rw http.ResponseWriter, _ *http.Request, call string, nth int) bool {
		if call == callResult && nth == 1 {
			reply(rw, 503, "", "")
			return true
		}
		return false
	})
	_, err := run(t, w.activities.CompleteCustomStep, completeInput(id))
	wantRetry(t, err, "vendor_unavailable", 0)
	if got := must(t, w.activities.CompleteCustomStep, completeInput(id)); got.Problem != "" {
		t.Errorf("got %+v, want no problem: the journey has ended", got)
	}
}

func TestCompleteIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	w.road.answers(callComplete, 429, "45", "")
	_, err := run(t, w.activities.CompleteCustomStep, completeInput(id))
	wantRetry(t, err, "vendor_unavailable", 45*time.Second)
}
