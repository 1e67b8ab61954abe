package e2e

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/journey/journeytest"
	"idjourney/starter"
	"idjourney/workflows"
)

// Each case, played on a real Temporal server through the starter's signal and a
// real worker, ends as it says. The case's durations are scaled down to seconds.
func TestCases(t *testing.T) {
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if !c.Server {
			continue // its story is told without a server, in package workflows
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			p := newPlayer(t, c)
			p.play(ctx)
			p.awaitEnd(ctx)
		})
	}
}

// longest is how long a case may take in real time, apart from the noise.
const longest = 10 * time.Second

// player drives one case on a task queue, and under an account, of its own.
type player struct {
	t         *testing.T
	world     *journeytest.World
	name      string
	scale     float64
	account   string
	signaler  *starter.TemporalSignaler
	completed chan struct{}
	sent      int // webhooks so far

	// What a test may put in the place of the world's own.
	maxEvents int // the workflow's own if 0
	limits    workflows.Limits
	publish   func(context.Context, journey.PublishInput) (journey.PublishAnswer, error)
}

func newPlayer(t *testing.T, c journeytest.Case, change ...func(*player)) *player {
	t.Helper()
	w, err := journeytest.NewWorld(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, world: w, name: c.Name, scale: c.Scale(longest), completed: make(chan struct{}, 16)}
	p.limits = workflows.Limits{
		StartToClose: 10 * time.Second, ScheduleToClose: 10 * time.Second,
		Retry: workflows.Retry{Initial: 50 * time.Millisecond, Coefficient: 2, MaximumInterval: time.Second},
	}
	p.publish = func(_ context.Context, in journey.PublishInput) (journey.PublishAnswer, error) {
		return w.Publish(in), nil
	}
	for _, f := range change {
		f(p)
	}
	p.account = "case-" + p.name
	w.OnScaledClock(p.scale)
	w.OnComplete = func() { p.completed <- struct{}{} }
	queue := "cases-" + p.name
	p.signaler = starter.NewSignaler(temporal, server.Namespace(), queue)
	p.startWorker(queue)
	return p
}

func (p *player) startWorker(queue string) {
	p.t.Helper()
	w := worker.New(temporal, queue, worker.Options{
		DisableRegistrationAliasing: true, WorkflowPanicPolicy: worker.BlockWorkflow, WorkerStopTimeout: 5 * time.Second,
	})
	steps := p.limits
	steps.ScheduleToClose = 500 * time.Millisecond
	flows := workflows.New(workflows.Options{
		Limits:     func(string) workflows.Limits { return p.limits },
		StepLimits: func(string, string) workflows.Limits { return steps },
		MaxEvents:  p.maxEvents,
	})
	w.RegisterWorkflowWithOptions(flows.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
	as := func(name string, f any) { w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("Fetch", func(_ context.Context, in journey.FetchInput) (journey.FetchAnswer, error) {
		return p.world.Fetch(in, time.Now()), nil
	})
	as("FetchAMLHistory", func(_ context.Context, in journey.AMLInput) (journey.AMLHistory, error) {
		return p.world.AMLHistory(in), nil
	})
	as("Erase", func(context.Context, journey.EraseInput) (journey.EraseAnswer, error) {
		return p.world.Erase(), nil
	})
	step := func(_ context.Context, in journey.StepInput) (journey.StepAnswer, error) {
		a, err := p.world.Step(in)
		if err != nil {
			err = sdk.NewApplicationError(err.Error(), journeytest.StepUnavailable)
		}
		return a, err
	}
	as("CompareGovernmentFace", step)
	as("LookUpEmployer", step)
	as("CompleteCustomStep", func(context.Context, journey.CompleteInput) (journey.CompleteAnswer, error) {
		return p.world.Complete(), nil
	})
	as("Publish", p.publish)
	if err := w.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(w.Stop)
}

// play lets every moment happen at its time.
func (p *player) play(ctx context.Context) {
	p.t.Helper()
	for i, m := range p.world.Case.Timeline {
		switch m.After {
		case "":
		case "complete":
			p.receive(ctx, p.completed)
		default:
			d, err := time.ParseDuration(m.After)
			if err != nil {
				p.t.Fatal(err)
			}
			p.catchUp(ctx)
			p.receive(ctx, after(p.scaled(d)))
		}
		for _, e := range p.world.Forwarded(p.world.HappenScaled(i, time.Now(), p.scale)) {
			e.Account = p.account
			if err := p.signaler.SignalWithStart(ctx, e); err != nil {
				p.t.Fatal(err)
			}
			p.sent++
		}
		if m.Review != nil || m.Act != nil {
			p.act(ctx, m)
		}
	}
	p.receive(ctx, after(p.scaled(time.Duration(p.world.Case.Expect.Within))))
}

// catchUp waits until the journey has taken what was sent and rests. A scaled
// minute is shorter than a noisy machine's hiccup, and a truth that is over before
// anybody looked would be skipped, as it should, but not as the case tells it.
func (p *player) catchUp(ctx context.Context) {
	p.t.Helper()
	for {
		s := p.state(ctx)
		if s.Counts.Events >= p.sent && !s.Look.UnderWay && s.Steps.Running == "" && !s.Steps.Completing {
			return
		}
		p.receive(ctx, after(20*time.Millisecond))
	}
}

func (p *player) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) * p.scale) }

func after(d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	time.AfterFunc(d, func() { close(done) })
	return done
}

func (p *player) receive(ctx context.Context, c <-chan struct{}) {
	p.t.Helper()
	select {
	case <-c:
	case <-ctx.Done():
		p.t.Fatalf("the story is stuck: %s", p.state(context.WithoutCancel(ctx)).Describe())
	}
}

// act waits until the journey would take the act, and does it.
func (p *player) act(ctx context.Context, m journeytest.Moment) {
	p.t.Helper()
	s := p.state(ctx)
	for ; m.Awaits(s); s = p.state(ctx) {
		p.receive(ctx, after(20*time.Millisecond))
	}
	name, in, _ := m.Update(s)
	var arg any = in.Acted
	if in.Reviewed != nil {
		arg = in.Reviewed
	}
	handle, err := temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: p.id(), UpdateName: name, Args: []any{arg},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if !m.Answered(err) {
		p.t.Fatalf("the act ended with %v; refused: %q", err, m.Refused)
	}
}

// awaitEnd waits until the end is as the case says; a noisy machine may be late.
func (p *player) awaitEnd(ctx context.Context) {
	p.t.Helper()
	var diff string
	for range 500 {
		if diff = p.world.Diff(p.state(ctx)); diff == "" {
			return
		}
		p.receive(ctx, after(20*time.Millisecond))
	}
	p.t.Errorf("%s\n(-want +got):\n%s", p.world.Case.About, diff)
}

func (p *player) id() string { return journey.WorkflowID(p.account, journeytest.JourneyID) }

func (p *player) state(ctx context.Context) journey.State {
	p.t.Helper()
	var s journey.State
	answer, err := temporal.QueryWorkflow(ctx, p.id(), "", journey.QueryState)
	if err == nil {
		err = answer.Get(&s)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}
