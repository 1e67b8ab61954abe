package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/workflows"
)

// spotWorld plays the activities of a spot check and keeps their inputs.
type spotWorld struct {
	t          *testing.T
	env        *testsuite.TestWorkflowEnvironment
	system     string
	candidates []string
	handOver   func() error
	publish    func() error
	maxEvents  int
	fetches    int
	published  []journey.SpotDecision
	handed     []journey.Event
}

var spotPolicy = journey.Policy{
	Version: "p1", Endpoints: []string{"core"}, SpotCheckFailed: journey.SpotCheckMeansReview,
	AskAgain: []journey.Duration{journey.Duration(time.Minute)}, UnknownAfter: journey.Duration(time.Hour),
}

func newSpotWorld(t *testing.T, system string, candidates ...string) *spotWorld {
	w := &spotWorld{t: t, system: system, candidates: candidates}
	w.newRun(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	return w
}

// newRun makes a new environment whose clock starts at now.
func (w *spotWorld) newRun(now time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet)
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetStartTime(now)
	w.env.SetWorkflowRunTimeout(0)
	w.env.SetTestTimeout(30 * time.Second)
	flows := workflows.New(workflows.Options{Limits: func(string) workflows.Limits { return limits }, MaxEvents: w.maxEvents})
	w.env.RegisterWorkflowWithOptions(flows.SpotCheck, workflow.RegisterOptions{Name: journey.SpotCheckWorkflowName})
	as := func(name string, f any) { w.env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("FetchSpotCheck", w.fetch)
	as("Publish", func(_ context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
		if w.publish != nil {
			if err := w.publish(); err != nil {
				return journey.PublishAnswer{}, err
			}
		}
		w.published = append(w.published, *in.Message.SpotCheck)
		return journey.PublishAnswer{Status: 200}, nil
	})
	as("HandOver", func(_ context.Context, in journey.HandOverInput) (journey.HandOverAnswer, error) {
		if w.handOver != nil {
			if err := w.handOver(); err != nil {
				return journey.HandOverAnswer{}, err
			}
		}
		w.handed = append(w.handed, in.Event)
		return journey.HandOverAnswer{}, nil
	})
}

func (w *spotWorld) fetch(_ context.Context, in journey.SpotFetchInput) (journey.SpotAnswer, error) {
	w.fetches++
	if in.Link != "" {
		return journey.SpotAnswer{Policy: spotPolicy, Linked: in.Link == "j-linked"}, nil
	}
	return journey.SpotAnswer{Policy: spotPolicy, Result: &journey.SpotResult{System: w.system}, Candidates: w.candidates}, nil
}

func (w *spotWorld) at(wait time.Duration, f func()) { w.env.RegisterDelayedCallback(f, wait) }

func spotEvent(id string) journey.Event {
	return journey.Event{EventID: id, Type: journey.FinishedSpotCheck, Account: "acme", Hint: journey.Hint{SpotCheck: "s1"}}
}

// play runs the workflow to the end of this run and returns its answer.
func (w *spotWorld) play(input any) (string, error) {
	w.env.ExecuteWorkflow(journey.SpotCheckWorkflowName, input)
	var answer string
	if err := w.env.GetWorkflowError(); err != nil {
		return "", err
	}
	if err := w.env.GetWorkflowResult(&answer); err != nil {
		w.t.Fatal(err)
	}
	return answer, nil
}

var spotStart = journey.Start{Account: "acme", SpotID: "s1", Rules: journey.SpotRules}

func TestASpotCheckIsPublishedAndHandedOverAndCloses(t *testing.T) {
	t.Parallel()
	for system, c := range map[string]struct {
		want   string
		handed int
	}{"Complete": {"passed", 0}, "Refer": {"failed", 1}, "Surprise": {"on_hold", 1}} {
		w := newSpotWorld(t, system, "j1")
		w.at(0, func() {
			w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1"))
			w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1"))
		})
		got, err := w.play(spotStart)
		if err != nil || got != c.want {
			t.Errorf("%s: ended as %q, %v; want %q", system, got, err, c.want)
		}
		if len(w.published) != 1 || string(w.published[0].Outcome) != c.want || w.published[0].JourneyID != "j1" || w.fetches != 1 {
			t.Errorf("%s: published %+v after %d fetches", system, w.published, w.fetches)
		}
		if len(w.handed) != c.handed || c.handed > 0 && (w.handed[0].JourneyID != "j1" || w.handed[0].Hint.SpotCheck != "s1") {
			t.Errorf("%s: handed over %+v", system, w.handed)
		}
	}
}

// A ledger outage longer than an activity's retries does not lose a failed check.
func TestAFailedSpotCheckIsHandedOverInTheEnd(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Refer", "j1")
	w.handOver = func() error {
		if w.env.Now().Before(time.Date(2026, 1, 6, 9, 0, 0, 0, time.UTC)) { // a day
			return errors.New("the ledger is unavailable")
		}
		return nil
	}
	w.at(0, func() { w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1")) })
	if _, err := w.play(spotStart); err != nil || len(w.handed) != 1 {
		t.Errorf("handed over %d times, %v; want once", len(w.handed), err)
	}
}

// A decision that the ledger cannot take for longer than a delivery's retries is recorded
// in the end: the run does not close with an unrecorded decision.
func TestASpotChecksDecisionOutlastsTheLedgersOutage(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Complete", "j1")
	w.publish = func() error {
		if w.env.Now().Before(time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)) { // a week
			return temporal.NewApplicationError("the ledger is unavailable", "ledger_unavailable")
		}
		return nil
	}
	w.at(0, func() { w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1")) })
	got, err := w.play(spotStart)
	if err != nil || got != "passed" || len(w.published) != 1 || w.published[0].Outcome != journey.SpotPassed {
		t.Errorf("ended as %q, %v with %+v recorded; want passed, recorded once", got, err, w.published)
	}
}

// A message that only waits for its endpoint's share is not refused: when its time is over
// it is sent again, without raising attention.
func TestAMessageThatOnlyWaitedIsNotParked(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Complete", "j1")
	w.publish = func() error {
		if w.env.Now().Before(time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)) { // a week
			return temporal.NewApplicationError("its share is taken", "endpoint_busy")
		}
		return nil
	}
	w.at(0, func() { w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1")) })
	got, err := w.play(spotStart)
	if err != nil || got != "passed" || len(w.published) != 1 {
		t.Errorf("ended as %q, %v with %+v sent; want passed, sent once", got, err, w.published)
	}
}

func TestASpotCheckContinuesAsNewAboveMaxEvents(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Complete")
	w.maxEvents = 40
	w.newRun(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	w.at(0, func() { w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1")) })
	w.at(10*24*time.Hour, func() { w.env.SetCurrentHistoryLength(41) }) // the environment does not count events
	_, err := w.play(spotStart)
	var again *workflow.ContinueAsNewError
	if days := w.env.Now().Sub(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)).Hours() / 24; !errors.As(err, &again) || days > 30 {
		t.Errorf("ended with %v after %.0f days, want a new run within a month", err, days)
	}
}

// A spot check without a link is checked daily, across runs that lose nothing and send
// nothing twice.
func TestAHeldSpotCheckContinuesAsNew(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Complete")
	w.at(0, func() {
		w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1"))
		w.env.SignalWorkflow(journey.SignalEvent, "not an event")
	})
	_, err := w.play(spotStart)
	var again *workflow.ContinueAsNewError
	if !errors.As(err, &again) {
		t.Fatalf("ended with %v, want a new run", err)
	}
	if days := w.env.Now().Sub(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)).Hours() / 24; days < 90 || days > 92 || w.fetches < 90 {
		t.Errorf("continued after %.0f days and %d fetches, want 90", days, w.fetches)
	}
	var input converter.RawValue
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &input); err != nil {
		t.Fatal(err)
	}
	now := w.env.Now()
	w.newRun(now)
	w.at(time.Hour, func() {
		w.candidates = []string{"j1"} // imported meanwhile
		w.env.SignalWorkflow(journey.SignalEvent, spotEvent("e1"))
		w.env.SignalWorkflow(journey.SignalEvent, journey.Event{Type: journey.Refresh})
	})
	if got, err := w.play(input); err != nil || got != "passed" {
		t.Errorf("ended as %q, %v; want passed", got, err)
	}
	if len(w.published) != 2 || w.published[1].JourneyID != "j1" {
		t.Errorf("published %+v, want held once and then the decision", w.published)
	}
}

func TestSignalsToAnotherSpotCheckAreQuarantined(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t, "Incomplete", "j1")
	other := spotEvent("e2")
	other.Hint.SpotCheck = "s2"
	var state journey.SpotState
	w.at(0, func() {
		for _, signal := range []any{spotEvent("e1"), "no event", other, journey.Event{
			Type: journey.SpotCheckFailed, Account: "acme", JourneyID: "j1", Hint: journey.Hint{SpotCheck: "s1"},
		}} {
			w.env.SignalWorkflow(journey.SignalEvent, signal)
		}
	})
	w.at(time.Second, func() {
		answer, err := w.env.QueryWorkflow(journey.QueryState)
		if err == nil {
			err = answer.Get(&state)
		}
		if err != nil {
			t.Error(err)
		}
		w.env.CancelWorkflow()
	})
	if _, err := w.play(spotStart); err == nil {
		t.Error("a cancelled run that decided nothing ended well")
	}
	if state.Counts.Quarantined != 3 || state.Counts.Events != 1 || len(state.Attention) != 2 {
		t.Errorf("counts %+v, attention %v; want three quarantined under two reasons", state.Counts, state.Attention)
	}
}

func TestASpotCheckOfUnknownRulesWaitsForANewerWorker(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]any{
		"newer rules": journey.Start{Account: "acme", SpotID: "s1", Rules: journey.SpotRules + 1},
		"no id":       journey.Start{Account: "acme", Rules: journey.SpotRules},
		"no argument": []int{1},
	} {
		w := newSpotWorld(t, "Complete", "j1")
		var panicked *temporal.PanicError
		if _, err := w.play(input); !errors.As(err, &panicked) {
			t.Errorf("%s: got %v, want a panic, which only fails the task", name, err)
		}
	}
}
