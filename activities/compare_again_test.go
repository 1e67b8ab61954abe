package activities_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// resubmitted runs a journey to its end and then resubmits document and selfie, which
// reopens it at the vendor.
func (w *world) resubmitted(t *testing.T) (id string) {
	t.Helper()
	id = w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	w.wantStep(t, id, journey.StepPassed, "")
	must(t, w.activities.CompleteCustomStep, completeInput(id))
	w.await(t, id, idwisetest.PhaseFinished)
	if err := w.vendor.RequestResubmission(id); err != nil {
		t.Fatal(err)
	}
	if err := w.vendor.Resubmit(id, ""); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) wantRound(t *testing.T, in journey.StepInput, outcome journey.StepOutcome, reason string) {
	t.Helper()
	want := journey.StepAnswer{Outcome: outcome, Reason: reason, Subject: w.fetch(t, in.JourneyID).Verdict.Subject}
	if got := must(t, w.activities.CompareGovernmentFace, in); got != want {
		t.Errorf("round %d: got %+v, want %+v", in.Round, got, want)
	}
}

// Resubmitted images are compared again, once in each round.
func TestCompareOnceInEachRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.resubmitted(t)
	again := stepInput(id)
	again.Round = 1
	w.wantRound(t, again, journey.StepPassed, "")
	w.wantSubmissions(t, id, 2)
	// Another execution, in a run after continue-as-new: the face is already submitted.
	w.wantRound(t, again, journey.StepPassed, "")
	w.wantSubmissions(t, id, 2)
}

// A result that still shows the first round's comparison does not answer the second round,
// whatever its outcome.
func TestCompareIsNotAnsweredByAnEarlierRound(t *testing.T) {
	t.Parallel()
	w := newWorldWaiting(t, "40ms", "2ms")
	id := w.start(t, "approve", idwisetest.PhaseUserDone).JourneyID
	w.wantStep(t, id, journey.StepPassed, "")
	old := w.answerOf(t, id)
	w.road.answers(callResult, 200, "", old)
	again := stepInput(id)
	again.Round = 1
	w.wantRound(t, again, journey.StepInconclusive, "comparison_not_shown")
	if got := w.road.count(callProcess); got != 1 {
		t.Errorf("the second round submitted %d faces, want 1", got)
	}
}

// The worker dies after it submits in the second round. The next attempt knows from the
// heartbeats which comparison belongs to the first round.
func TestCompareKnowsAfterAKillWhatIsNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		heartbeat string
		want      journey.StepAnswer
	}{
		"the first round showed none":    {"", journey.StepAnswer{Outcome: journey.StepPassed}},
		"the first round showed another": {"another", journey.StepAnswer{Outcome: journey.StepPassed}},
	} {
		w := newWorld(t)
		id := w.resubmitted(t)
		again := stepInput(id)
		again.Round = 1
		w.wantRound(t, again, journey.StepPassed, "")
		asked := w.register.Requests()

		c.want.Subject = w.fetch(t, id).Verdict.Subject
		if got := w.retried(t, again, c.heartbeat); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		if got := w.register.Requests(); got != asked {
			t.Errorf("%s: the register was asked again, though the comparison was there", name)
		}
		w.wantSubmissions(t, id, 2)
	}
}

// retried runs an attempt that follows one with the given heartbeat.
func (w *world) retried(t *testing.T, in journey.StepInput, heartbeat string) (answer journey.StepAnswer) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetHeartbeatDetails(heartbeat)
	env.RegisterActivity(w.activities.CompareGovernmentFace)
	encoded, err := env.ExecuteActivity(w.activities.CompareGovernmentFace, in)
	if err == nil {
		err = encoded.Get(&answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// answerOf is what the vendor answers for a journey.
func (w *world) answerOf(t *testing.T, id string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/journey/v2/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("key", "secret")
	answer := httptest.NewRecorder()
	w.vendor.ServeHTTP(answer, req)
	body, err := io.ReadAll(answer.Result().Body)
	if err != nil || answer.Code != http.StatusOK {
		t.Fatalf("got %d, %v", answer.Code, err)
	}
	return string(body)
}
