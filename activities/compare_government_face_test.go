package activities_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

func stepInput(id string) journey.StepInput {
	return journey.StepInput{Account: account, JourneyID: id, Step: faceStep}
}

// wantStep runs the step and checks its answer, which must have the same subject as the
// fetch's verdict.
func (w *world) wantStep(t *testing.T, id string, outcome journey.StepOutcome, reason string) {
	t.Helper()
	want := journey.StepAnswer{Outcome: outcome, Reason: reason, Subject: w.fetch(t, id).Verdict.Subject}
	if got := must(t, w.activities.CompareGovernmentFace, stepInput(id)); got != want || got.Subject == "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func (w *world) wantSubmissions(t *testing.T, id string, want int) {
	t.Helper()
	if got := w.vendor.Journey(id).CustomStepSubmissions; got != want {
		t.Errorf("the vendor has taken %d faces, want %d", got, want)
	}
}

func TestCompareMatchAndMismatch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		script  string
		outcome journey.StepOutcome
		reason  string
	}{
		"match":    {"approve", journey.StepPassed, ""},
		"mismatch": {"face-mismatch", journey.StepFailed, "mismatch"},
		"late":     {"face-late", journey.StepPassed, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.start(t, c.script, idwisetest.PhaseUserDone).JourneyID
			w.wantStep(t, id, c.outcome, c.reason)
			w.wantSubmissions(t, id, 1)
			// The vendor's comparison counts; the register is not asked again.
			w.wantStep(t, id, c.outcome, c.reason)
			w.wantSubmissions(t, id, 1)
			if got := w.register.Requests(); got != 1 {
				t.Errorf("the register was asked %d times, want once", got)
			}
		})
	}
}

func TestCompareWithoutASubmission(t *testing.T) {
	t.Parallel()
	t.Run("no record", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		s := w.start(t, "approve", idwisetest.PhaseUserDone)
		w.register.NoRecord(s.Applicant.PersonalNumber)
		w.wantStep(t, s.JourneyID, journey.StepInconclusive, "no_record")
		w.wantSubmissions(t, s.JourneyID, 0)
	})
	t.Run("the journey is closed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.start(t, "no-custom-step", idwisetest.PhaseFinished).JourneyID
		w.wantStep(t, id, journey.StepInconclusive, "journey_closed")
		if got := w.register.Requests(); got != 0 {
			t.Errorf("the register was asked %d times, want never", got)
		}
	})
	t.Run("no personal number yet", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.vendor.Start("never-finish", "")
		want := journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: "no_personal_number"}
		if got := must(t, w.activities.CompareGovernmentFace, stepInput(id)); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("a step that is not listed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		in := journey.StepInput{Account: account, JourneyID: "j1", Step: "other"}
		_, err := run(t, w.activities.CompareGovernmentFace, in)
		wantRetry(t, err, "step_unlisted", 0)
		if got := w.road.count(callResult); got != 0 {
			t.Errorf("the vendor was called %d times, want never", got)
		}
	})
}

// If the register is unavailable, the step is retried and leaves nothing behind.
func TestCompareWhileTheRegisterIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	w.register.SetDown(true)
	_, err := run(t, w.activities.CompareGovernmentFace, stepInput(id))
	wantRetry(t, err, "government_unavailable", 0)
	w.wantSubmissions(t, id, 0)

	w.register.SetDown(false)
	w.wantStep(t, id, journey.StepPassed, "")
	w.wantSubmissions(t, id, 1)
}

// A short outage of the vendor during the wait changes nothing.
func TestCompareWaitsThroughAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	subject := w.fetch(t, id).Verdict.Subject
	const away = 4 // consecutive fetches, after the first, without an answer
	w.road.set(failFetches(2, away+1, 502, ""))
	want := journey.StepAnswer{Outcome: journey.StepPassed, Subject: subject}
	if got := must(t, w.activities.CompareGovernmentFace, stepInput(id)); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := w.road.count(callResult); got < away+2 {
		t.Errorf("it fetched %d times, want at least %d", got, away+2)
	}
	w.wantSubmissions(t, id, 1)
}

// An unavailable vendor says nothing about the comparison: the step continues in the next
// attempt, within its patience.
func TestCompareIsTriedAgainIfTheVendorStaysUnavailable(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		matchWait, retryAfter string
		atMost                time.Duration
	}{
		"to the end of the wait": {"30ms", "", 0},
		// Half of what is left: there is no attempt after the patience.
		"for longer than the wait": {longWait, "3600", 5 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWaiting(t, c.matchWait, "2ms")
			id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
			w.road.set(failFetches(2, 1<<30, 503, c.retryAfter))
			_, err := run(t, w.activities.CompareGovernmentFace, stepInput(id))
			var failed *temporal.ApplicationError
			if !errors.As(err, &failed) || failed.Type() != "vendor_unavailable" || failed.NextRetryDelay() > c.atMost || failed.NextRetryDelay() < c.atMost*9/10 {
				t.Errorf("got %v, want to try again within %v", err, c.atMost)
			}
			w.wantSubmissions(t, id, 1)
		})
	}
}

func TestCompareThatIsNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorldWaiting(t, "50ms", "2ms")
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	w.vendor.Close() // it still answers, but processes nothing
	w.wantStep(t, id, journey.StepInconclusive, "comparison_not_shown")
	w.wantSubmissions(t, id, 1)
	if got := w.road.count(callResult); got < 4 { // the fetch, before the submission, after it, at the end
		t.Errorf("it looked %d times, want at least 4", got)
	}
}

// The last check is at the end of the wait, however rarely the step polls.
func TestCompareFetchesAtTheEndOfTheWait(t *testing.T) {
	t.Parallel()
	w := newWorldWaiting(t, "400ms", "400ms")
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	w.wantStep(t, id, journey.StepPassed, "")
}
