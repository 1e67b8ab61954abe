package operator

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/journey/journeytest"
	"idjourney/starter"
	"idjourney/workflows"
)

// stage is the world of all situations, by journey id.
type stage struct {
	mu  sync.Mutex
	all map[string]situation
}

func (s *stage) of(id string) situation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id]
}

func (s *stage) fetch(_ context.Context, in journey.FetchInput) (journey.FetchAnswer, error) {
	now, answer := s.of(in.JourneyID), journey.FetchAnswer{Policy: journeytest.Policy()}
	if now.hasty {
		d := journey.Duration(200 * time.Millisecond)
		answer.Policy.AskAgain = []journey.Duration{d}
		answer.Policy.UserStepsWithin, answer.Policy.ExpireAfter, answer.Policy.UnknownAfter = d, d, d
	}
	switch {
	case now.denied:
		answer.Problem = journey.ProblemDenied
	case now.verdict == nil:
		answer.Problem = journey.ProblemMissing
	default:
		answer.Verdict = now.verdict
	}
	if answer.Verdict != nil && len(answer.Verdict.AML.Matches) > 0 {
		for _, severity := range []journey.Severity{journey.SeverityLow, journey.SeverityMedium, journey.SeverityHigh} {
			answer.Ladders = append(answer.Ladders, journey.Ladder{
				Name: journey.AlertLadder(severity), Remind: []time.Time{time.Now().Add(4 * time.Hour)}, EscalateAt: time.Now().Add(24 * time.Hour),
			})
		}
	}
	return answer, nil
}

func (s *stage) erase(_ context.Context, in journey.EraseInput) (journey.EraseAnswer, error) {
	if s.of(in.JourneyID).name == "erase-failed" {
		return journey.EraseAnswer{Problem: "denied"}, nil
	}
	return journey.EraseAnswer{}, nil
}

// goOn lets happen what comes once a situation's journey has settled.
func (s *stage) goOn(t *testing.T, signaler starter.Signaler, one situation) {
	t.Helper()
	if one.then == nil && one.act == "" {
		return
	}
	settled := one
	settled.phase = journey.Settled
	awaitSentence(t, settled)
	id := journey.WorkflowID("stage", one.name)
	if then := one.then; then != nil {
		s.mu.Lock()
		now := s.all[one.name]
		now.verdict = then.verdict
		s.all[one.name] = now
		s.mu.Unlock()
		err := signaler.SignalWithStart(t.Context(), journey.Event{
			EventID: "later", Type: then.event, Hint: then.hint, Account: "stage", JourneyID: one.name, ReceivedAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if one.act != "" {
		handle, err := demoWorld.Client.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: one.act, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{journey.Act{Kind: one.act, Actor: "ann", Reason: "the customer left"}},
		})
		if err == nil {
			err = handle.Get(t.Context(), nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	await(t, func(ctx context.Context) error {
		now, err := state(ctx, id)
		if err == nil && !now.AtRest() || len(now.AML.Alerts)+len(now.Attention) == 0 && now.Phase == journey.Settled {
			err = errors.New(one.name + " has not gone on")
		}
		return err
	})
}

func (s *stage) step(ctx context.Context, in journey.StepInput) (journey.StepAnswer, error) {
	if s.of(in.JourneyID).holds {
		<-ctx.Done()
		return journey.StepAnswer{}, ctx.Err()
	}
	return journey.StepAnswer{Outcome: journey.StepPassed, Subject: in.Subject}, nil
}

const stageQueue = "stage"

func (s *stage) work(t *testing.T) {
	t.Helper()
	w := worker.New(demoWorld.Client, stageQueue, worker.Options{DisableRegistrationAliasing: true, WorkerStopTimeout: time.Second})
	limits := func(string) workflows.Limits {
		return workflows.Limits{StartToClose: time.Minute, ScheduleToClose: time.Hour, Retry: workflows.Retry{Initial: time.Second, Coefficient: 1, MaximumInterval: time.Second}}
	}
	flows := workflows.New(workflows.Options{Limits: limits, StepLimits: func(string, string) workflows.Limits { return limits("") }})
	w.RegisterWorkflowWithOptions(flows.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
	for name, f := range map[string]any{
		"Fetch": s.fetch, "Erase": s.erase, "CompareGovernmentFace": s.step,
		"CompleteCustomStep": func(context.Context, journey.CompleteInput) (journey.CompleteAnswer, error) {
			return journey.CompleteAnswer{}, nil
		},
		"Publish": func(context.Context, journey.PublishInput) (journey.PublishAnswer, error) {
			return journey.PublishAnswer{Status: 200}, nil
		},
	} {
		w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}
