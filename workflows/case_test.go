package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/journey/journeytest"
	"idjourney/workflows"
)

// Each case runs through the workflow in the test environment, whose clock skips time. The
// environment does not follow continue-as-new, so the player starts the next run itself.
func TestCases(t *testing.T) {
	t.Parallel()
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			p := newPlayer(t, c)
			p.play()
			if diff := p.world.Diff(p.state); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", c.About, diff)
			}
		})
	}
}

// player drives one case through as many runs as the workflow takes.
type player struct {
	t     *testing.T
	world *journeytest.World
	state journey.State
	env   *testsuite.TestWorkflowEnvironment
	next  int       // moment of the timeline
	dueAt time.Time // of the next moment; zero while it waits for something
	now   time.Time
	over  bool

	runs   int
	mayRun int  // how often the workflow may continue as new; 20 if 0
	mayEnd bool // a run may end before the timeline does

	// What a test may replace.
	limits  workflows.Limits
	atStart func() // runs before the first moment
	publish func(context.Context, journey.PublishInput) (journey.PublishAnswer, error)
	step    func(context.Context, journey.StepInput) (any, error)
}

func newPlayer(t *testing.T, c journeytest.Case) *player {
	t.Helper()
	w, err := journeytest.NewWorld(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, world: w, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	p.limits = limits
	p.publish = func(_ context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
		return w.Publish(in), nil
	}
	p.step = func(_ context.Context, in journey.StepInput) (any, error) {
		a, err := w.Step(in)
		if err != nil {
			err = temporal.NewApplicationError(err.Error(), journeytest.StepUnavailable)
		}
		return a, err
	}
	w.OnComplete = func() { p.env.RegisterDelayedCallback(p.completed, 0) }
	return p
}

func (p *player) play() {
	start := journey.Start{Account: journeytest.Account, JourneyID: journeytest.JourneyID, Rules: journey.Rules}
	var input any = start
	p.dueAt = p.now.Add(time.Second)
	for runs := 0; ; runs++ {
		p.runs++
		if runs > max(20, p.mayRun) {
			p.t.Fatal("the workflow continues as new without end")
		}
		p.newRun()
		p.env.ExecuteWorkflow(journey.WorkflowName, input)
		p.now = p.env.Now()
		var again *workflow.ContinueAsNewError
		switch err := p.env.GetWorkflowError(); {
		case errors.As(err, &again):
			var raw converter.RawValue
			if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &raw); err != nil {
				p.t.Fatal(err)
			}
			input = raw
			continue
		case err == nil && p.reopens(): // closed, and reopened by the next moment
			input = start
			continue
		case err != nil && !p.over && !p.mayEnd:
			p.t.Fatalf("the workflow failed: %v", err)
		}
		p.see()
		return
	}
}

// reopens says that the journey is closed but not over, and that more moments follow.
// Events after its end are not forwarded.
func (p *player) reopens() bool {
	p.see()
	return (p.state.Phase == journey.Expired || p.state.Phase == journey.Unknown) && p.next < len(p.world.Case.Timeline)
}

// newRun makes a new environment whose clock continues from the last one.
func (p *player) newRun() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet)
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(p.now)
	env.SetWorkflowRunTimeout(0)
	env.SetTestTimeout(30 * time.Second)
	w := workflows.New(workflows.Options{
		Limits:     func(string) workflows.Limits { return p.limits },
		StepLimits: func(string, string) workflows.Limits { return limits },
	})
	env.RegisterWorkflowWithOptions(w.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
	p.env = env
	p.register()
	if !p.dueAt.IsZero() {
		then := p.happen
		if p.over {
			then = p.end
		}
		env.RegisterDelayedCallback(then, max(p.dueAt.Sub(p.now), 0))
	}
}

// quiet drops the logs of the environment and the quarantine.
var quiet = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

var limits = workflows.Limits{
	StartToClose: time.Minute, ScheduleToClose: 10 * time.Minute,
	Retry: workflows.Retry{Initial: time.Second, Coefficient: 2, MaximumInterval: time.Minute},
}

// register registers the case's world in place of the activities.
func (p *player) register() {
	as := func(name string, f any) { p.env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("Fetch", func(_ context.Context, in journey.FetchInput) (journey.FetchAnswer, error) {
		return p.world.Fetch(in, p.env.Now()), nil
	})
	as("FetchAMLHistory", func(_ context.Context, in journey.AMLInput) (journey.AMLHistory, error) {
		return p.world.AMLHistory(in), nil
	})
	as("Erase", func(context.Context, journey.EraseInput) (journey.EraseAnswer, error) {
		return p.world.Erase(), nil
	})
	as("LookUpEmployer", p.step)
	as("CompareGovernmentFace", p.step)
	as("CompleteCustomStep", func(context.Context, journey.CompleteInput) (journey.CompleteAnswer, error) {
		return p.world.Complete(), nil
	})
	as("Publish", p.publish)
}

// completed goes on with a moment that waits for Complete Custom Step.
func (p *player) completed() {
	if p.next < len(p.world.Case.Timeline) && p.world.Case.Timeline[p.next].After == "complete" {
		p.happen()
	}
}

// happen plays the next moment and schedules the one after it.
func (p *player) happen() {
	p.dueAt = time.Time{}
	if p.next == 0 && p.atStart != nil {
		p.atStart()
	}
	m := p.world.Case.Timeline[p.next]
	for _, e := range p.world.Forwarded(p.world.Happen(p.next, p.env.Now())) {
		p.env.SignalWorkflow(journey.SignalEvent, e)
	}
	if m.Review != nil || m.Act != nil {
		p.see()
		name, in, _ := m.Update(p.state)
		p.env.UpdateWorkflow(name, "", &updated{p.t, m}, argument(in))
	}
	p.next++
	p.plan()
}

// argument is what an update carries.
func argument(in journey.Input) any {
	if in.Reviewed != nil {
		return *in.Reviewed
	}
	return *in.Acted
}

func (p *player) plan() {
	wait, then := time.Duration(p.world.Case.Expect.Within), p.end
	if p.next < len(p.world.Case.Timeline) {
		switch after := p.world.Case.Timeline[p.next].After; after {
		case "complete":
			if p.world.Completed() < p.world.Case.Completions(p.next) {
				return
			}
			wait = 0
		case "":
			wait = 0
		default:
			d, err := time.ParseDuration(after)
			if err != nil {
				p.t.Fatal(err)
			}
			wait = d
		}
		then = p.happen
	} else {
		p.over = true
	}
	p.dueAt = p.env.Now().Add(wait)
	p.env.RegisterDelayedCallback(then, wait)
}

// end stops a workflow that would wait forever.
func (p *player) end() {
	p.see()
	p.env.CancelWorkflow()
}

func (p *player) see() {
	answer, err := p.env.QueryWorkflow(journey.QueryState)
	if err != nil {
		p.t.Fatal(err)
	}
	p.state = journey.State{} // decoding leaves absent fields as they are
	if err := answer.Get(&p.state); err != nil {
		p.t.Fatal(err)
	}
}

// updated compares the outcome of an act with what its moment expects.
type updated struct {
	t      *testing.T
	moment journeytest.Moment
}

func (u *updated) Accept()          {}
func (u *updated) Reject(err error) { u.Complete(nil, err) }
func (u *updated) Complete(_ any, err error) {
	if !u.moment.Answered(err) {
		u.t.Errorf("the act ended with %v; refused: %q", err, u.moment.Refused)
	}
}
