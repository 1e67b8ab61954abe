package activities_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// failFetches answers the requests of the result from one to another in the vendor's place.
func failFetches(from, to, status int, retryAfter string) func(http.ResponseWriter, *http.Request, string, int) bool {
	return func(w http.ResponseWriter, _ *http.Request, call string, nth int) bool {
		if call != callResult || nth < from || nth > to {
			return false
		}
		reply(w, status, retryAfter, "")
		return true
	}
}

func seconds(header string) time.Duration {
	n, _ := strconv.Atoi(header) // "" means no wait
	return time.Duration(n) * time.Second
}

// The first attempt was killed after it had claimed the submission. It may have submitted,
// so no other attempt submits.
func TestSubmitNotAgainAfterAKilledAttempt(t *testing.T) {
	t.Parallel()
	t.Run("before it submitted", func(t *testing.T) {
		t.Parallel()
		w := newWorldWaiting(t, "20ms", "2ms")
		id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
		w.claim(t, id, true)
		w.wantStep(t, id, journey.StepInconclusive, "comparison_not_shown")
		w.wantSubmissions(t, id, 0)
	})
	t.Run("after it submitted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.start(t, "face-late", idwisetest.PhaseUserDone).JourneyID
		// The worker dies while it waits for the comparison: all its requests fail.
		w.road.set(failFetches(2, 1<<30, 503, "3600"))
		if _, err := run(t, w.activities.CompareGovernmentFace, stepInput(id)); err == nil {
			t.Fatal("the first attempt ended, want it to break off")
		}
		w.wantSubmissions(t, id, 1)
		again := w.restarted(t)
		w.road.set(nil)
		w.activities = again
		w.wantStep(t, id, journey.StepPassed, "")
		w.wantSubmissions(t, id, 1)
		if got := w.road.count(callProcess); got != 0 {
			t.Errorf("the second attempt submitted %d times, want never", got)
		}
	})
}

// A definite refusal was not processed, so the claim is released.
func TestSubmitAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status     int
		retryAfter string
	}{
		"400": {400, ""}, "401": {401, ""}, "404": {404, ""}, "429": {429, "60"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
			w.road.answers(callProcess, c.status, c.retryAfter, "")
			_, err := run(t, w.activities.CompareGovernmentFace, stepInput(id))
			wantRetry(t, err, "vendor_unavailable", seconds(c.retryAfter))
			w.wantSubmissions(t, id, 0)

			w.road.set(nil)
			w.activities = w.restarted(t) // the wait that 429 asked for is over
			w.wantStep(t, id, journey.StepPassed, "")
			w.wantSubmissions(t, id, 1)
		})
	}
}

// The vendor processed the submission, and its answer was lost: the step finds out by
// checking the result, not by submitting again.
func TestSubmitNotAgainAfterALostAnswer(t *testing.T) {
	t.Parallel()
	t.Run("the connection breaks", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.road.loseAnswers(callProcess)
		id := w.start(t, "face-late", idwisetest.PhaseUserDone).JourneyID
		w.wantStep(t, id, journey.StepPassed, "")
		w.wantSubmissions(t, id, 1)
		w.claim(t, id, false)
	})
	for _, status := range []int{500, 502, 503, 504, 408} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
			w.road.set(func(rw http.ResponseWriter, r *http.Request, call string, _ int) bool {
				if call != callProcess {
					return false
				}
				w.vendor.ServeHTTP(discard{http.Header{}}, r)
				reply(rw, status, "", "")
				return true
			})
			w.wantStep(t, id, journey.StepPassed, "")
			w.wantSubmissions(t, id, 1)
		})
	}
}

func TestSubmitNeedsTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	if err := w.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := run(t, w.activities.CompareGovernmentFace, stepInput(id))
	wantRetry(t, err, "ledger_unavailable", 0)
	w.wantSubmissions(t, id, 0)
}

// claim claims the submission, for whatever subject, and checks whether it was free.
func (w *world) claim(t *testing.T, id string, want bool) {
	t.Helper()
	fresh, err := w.ledger.ClaimSubmission(t.Context(), account, id, faceStep, "any")
	if err != nil || fresh != want {
		t.Errorf("claiming: got %v, %v; want %v", fresh, err, want)
	}
}

// discard is a response writer that drops everything.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
