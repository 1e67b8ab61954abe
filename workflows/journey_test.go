package workflows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/journey/journeytest"
	"idjourney/workflows"
)

func caseNamed(t *testing.T, name string) journeytest.Case {
	t.Helper()
	c, err := journeytest.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A signal that is not an event, or is addressed to another journey, is quarantined and
// raised for attention; the events around it are processed normally.
func TestUnreadableSignalsAreQuarantined(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, caseNamed(t, "approved"))
	p.atStart = func() {
		p.env.SignalWorkflow(journey.SignalEvent, "not an event")
		p.env.SignalWorkflow(journey.SignalEvent, []int{1, 2})
		p.env.SignalWorkflow(journey.SignalEvent, journey.Event{Type: journey.FinishedJourney, Account: "other", JourneyID: journeytest.JourneyID})
	}
	p.play()
	if got, want := p.state.Counts.Quarantined, 3; got != want {
		t.Errorf("quarantined %d signals, want %d", got, want)
	}
	if got, want := p.state.Standing.Outcome, journey.OutcomeApproved; got != want {
		t.Errorf("the journey stands at %q, want %q", got, want)
	}
	if len(p.state.Attention) != 2 { // unreadable and misaddressed, each once
		t.Errorf("attention is %v, want one per reason", p.state.Attention)
	}
}

// A message that cannot be delivered delays nothing else: the AML alert of an hour later
// is fetched and decided while decision 1 is still being delivered.
func TestAStuckDeliveryStopsNoOtherLane(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, caseNamed(t, "aml-change"))
	var order []string
	var mu sync.Mutex
	p.publish = func(ctx context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
		if d := in.Message.Decision; d != nil && d.Sequence == 1 && p.env.Now().Sub(d.DecidedAt) < 3*time.Hour {
			return journey.PublishAnswer{}, errors.New("the endpoint is down")
		}
		mu.Lock() // lanes run in parallel
		defer mu.Unlock()
		switch {
		case in.Message.Type == "": // for the ledger alone
		case in.Endpoint == "":
			order = append(order, string(in.Message.Decision.Outcome)+" recorded")
		case in.Message.Stream == journey.StreamDecisions:
			order = append(order, string(in.Message.Decision.Outcome))
		default:
			order = append(order, string(in.Message.Type))
		}
		return p.world.Publish(in), nil
	}
	p.world.Case.Expect.Within = journey.Duration(24 * time.Hour)
	p.limits.ScheduleToClose = 48 * time.Hour
	p.limits.Retry = workflows.Retry{Initial: time.Hour, Coefficient: 1, MaximumInterval: time.Hour}
	p.play()
	if diff := p.world.Diff(p.state); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(order) == 6 {
		slices.Sort(order[1:4]) // sent at the same moment, each by its own lane
	}
	got := strings.Join(order, " ")
	if want := "journey.review_required aml.changed journey.review_required on_hold recorded approved on_hold"; got != want {
		t.Errorf("published %q, want %q: the AML change at once, the hold in the ledger at once, the decisions in their order", got, want)
	}
}

// A run that is bound to rules which this worker does not know must not continue: the
// panic fails the task, which waits for a newer worker.
func TestUnknownRulesPanic(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]any{
		"newer rules":  journey.Start{Account: "acme", JourneyID: "j", Rules: journey.Rules + 1},
		"no rules":     journey.Start{Account: "acme", JourneyID: "j"},
		"no journey":   journey.Start{Account: "acme", Rules: journey.Rules},
		"not an input": "text",
		"newer state": map[string]any{"account": "acme", "journeyId": "j", "rules": journey.Rules, "carry": map[string]any{
			"state": map[string]any{"version": journey.StateVersion + 1, "rules": journey.Rules}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var suite testsuite.WorkflowTestSuite
			suite.SetLogger(quiet)
			env := suite.NewTestWorkflowEnvironment()
			w := workflows.New(workflows.Options{})
			env.RegisterWorkflowWithOptions(w.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
			env.ExecuteWorkflow(journey.WorkflowName, input)
			var panicked *temporal.PanicError
			if err := env.GetWorkflowError(); !errors.As(err, &panicked) {
				t.Errorf("got %v, want a panic", err)
			}
		})
	}
}

// An invalid answer from a custom step makes the step inconclusive: it neither passes nor
// stops the journey.
func TestNonsenseFromACustomStepIsInconclusive(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]any{
		"unknown outcome": map[string]string{"outcome": "splendid"},
		"no outcome":      map[string]string{},
		"a number":        42,
		"nothing":         nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlayer(t, caseNamed(t, "government-down"))
			p.step = func(context.Context, journey.StepInput) (any, error) { return answer, nil }
			p.play()
			if got, want := journeytest.End(p.state).Review, "local government-face:inconclusive:bad_answer"; got != want {
				t.Errorf("the review is %q, want %q", got, want)
			}
		})
	}
}

// An operator cancels the run while a decision is being delivered: it is still delivered,
// and only then does the run close as cancelled.
func TestACancelledRunPublishesWhatItDecided(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, caseNamed(t, "approved"))
	tries := 0
	p.publish = func(_ context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
		if tries++; tries == 1 {
			p.env.CancelWorkflow()
		}
		if tries < 4 {
			return journey.PublishAnswer{}, errors.New("the endpoint is down")
		}
		return p.world.Publish(in), nil
	}
	p.mayEnd = true // the run ends before the timeline does
	p.play()
	if got := p.world.Decisions(); len(got) != 1 || got[0] != "approved vendor" {
		t.Errorf("the customer was sent %q, want the one approval", got)
	}
	var cancelled *temporal.CanceledError
	if err := p.env.GetWorkflowError(); !errors.As(err, &cancelled) {
		t.Errorf("the run ended with %v, want cancelled", err)
	}
}

// A step that passes without a reason has none: nothing of an invalid answer remains in
// it.
func TestAStepThatPassesNeedsNoReason(t *testing.T) {
	t.Parallel()
	p := newPlayer(t, caseNamed(t, "approved"))
	p.step = func(context.Context, journey.StepInput) (any, error) {
		return map[string]string{"outcome": "passed"}, nil
	}
	p.play()
	if got := p.state.Steps.Runs; len(got) != 1 || got[0].Outcome != journey.StepPassed || got[0].Reason != "" {
		t.Errorf("the steps are %+v, want one that passed, without a reason", got)
	}
}
