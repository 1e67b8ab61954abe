package operator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/journey/journeytest"
	"idjourney/starter"
	"idjourney/workflows"
)

// situation is a journey brought to where it rests.
type situation struct {
	name    string
	phase   journey.Phase
	event   journey.EventType
	verdict *journey.Verdict // nil: IDWise knows no such journey, or denied
	denied  bool
	holds   bool // the custom step does not end
	hasty   bool // the policy's long waits are over at once
}

func submitted() *journey.Verdict {
	return &journey.Verdict{Documents: 1, Selfie: "Complete", System: journey.Incomplete, Final: journey.Incomplete, Subject: "s1"}
}

func finished(system, final string) *journey.Verdict {
	v := &journey.Verdict{
		Ended: true, Documents: 1, Selfie: "Complete", System: system, Final: final, Subject: "s1",
		Face: &journey.FaceComparison{Matched: true, Score: 93},
	}
	if final != system { // final is the manual decision where there is one
		v.Manual = final
	}
	return v
}

func situations() []situation {
	begun := &journey.Verdict{System: journey.Incomplete, Final: journey.Incomplete}
	return []situation{
		{name: "awaiting-user-steps", phase: journey.AwaitingUserSteps, event: journey.UpdatedJourney, verdict: begun},
		{name: "denied", phase: journey.AwaitingUserSteps, event: journey.UpdatedJourney, denied: true},
		{name: "custom-steps", phase: journey.CustomSteps, event: journey.FinishedUserSteps, verdict: submitted(), holds: true},
		{name: "awaiting-result", phase: journey.AwaitingResult, event: journey.FinishedUserSteps, verdict: submitted()},
		{name: "vendor-review", phase: journey.AwaitingReview, event: journey.FinishedJourney, verdict: finished(journey.Refer, journey.Refer)},
		{name: "local-review", phase: journey.AwaitingReview, event: journey.FinishedJourney, verdict: finished("Mystery", "Mystery")},
		{name: "awaiting-resubmission", phase: journey.AwaitingResubmission, event: journey.UpdatedJourney, verdict: finished(journey.Refer, "Resubmission Requested")},
		{name: "settled", phase: journey.Settled, event: journey.FinishedJourney, verdict: finished(journey.Refer, journey.Rejected)},
		{name: "expired", phase: journey.Expired, event: journey.UpdatedJourney, verdict: begun, hasty: true},
		{name: "unknown", phase: journey.Unknown, event: journey.FinishedJourney, hasty: true},
	}
}

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
	return answer, nil
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
	w := worker.New(house.Client, stageQueue, worker.Options{DisableRegistrationAliasing: true, WorkerStopTimeout: time.Second})
	limits := func(string) workflows.Limits {
		return workflows.Limits{StartToClose: time.Minute, ScheduleToClose: time.Hour, Retry: workflows.Retry{Initial: time.Second, Coefficient: 1, MaximumInterval: time.Second}}
	}
	flows := workflows.New(workflows.Options{Limits: limits, StepLimits: func(string, string) workflows.Limits { return limits("") }})
	w.RegisterWorkflowWithOptions(flows.Journey, workflow.RegisterOptions{Name: journey.WorkflowName})
	for name, f := range map[string]any{
		"Fetch": s.fetch, "CompareGovernmentFace": s.step,
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

// metadataQuery is what the UI asks every workflow; it costs no Action.
const metadataQuery = "__temporal_workflow_metadata"

var clocks = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`)

// TestSentences reads, for every phase that a journey rests in, the sentence that
// Temporal's Web UI shows, by the query that the UI itself makes. UPDATE=1 writes
// the golden file anew.
func TestSentences(t *testing.T) {
	t.Parallel()
	s := &stage{all: map[string]situation{}}
	for _, one := range situations() {
		s.all[one.name] = one
	}
	s.work(t)
	signaler := starter.NewSignaler(house.Client, house.Namespace, stageQueue)
	for _, one := range situations() {
		err := signaler.SignalWithStart(t.Context(), journey.Event{
			EventID: "e", Type: one.event, Account: "stage", JourneyID: one.name, ReceivedAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got strings.Builder
	for _, one := range situations() {
		text := awaitSentence(t, one)
		_, _ = fmt.Fprintf(&got, "%s (%s)\n%s\n\n", one.name, one.phase, clocks.ReplaceAllString(text, "<time>"))
	}
	golden := filepath.Join("testdata", "sentences.golden")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the Web UI shows something else (UPDATE=1 writes it down; -want +got):\n%s", diff)
	}
}

// awaitSentence waits until the journey rests and the UI shows that, and, where
// search attributes are due, until it is found by its phase.
func awaitSentence(t *testing.T, one situation) (text string) {
	t.Helper()
	id := journey.WorkflowID("stage", one.name)
	await(t, func(ctx context.Context) error {
		s, err := state(ctx, id)
		if err != nil {
			return err
		}
		resting := !s.Looking && !s.Completing && (s.Running == "") != one.holds
		if s.Phase != one.phase || !resting || (one.denied && len(s.Attention) == 0) {
			return fmt.Errorf("%s: %s", one.name, s.Describe())
		}
		if text, err = sentence(ctx, id); err != nil {
			return err
		}
		if text != s.Describe() {
			return fmt.Errorf("%s: the UI shows %q, the state says %q", one.name, text, s.Describe())
		}
		if !s.AtRest() {
			return nil
		}
		found, err := house.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf(`WorkflowId = %q AND JourneyPhase = %q AND JourneyAccount = "stage"`, id, one.phase),
		})
		if err == nil && found.GetCount() == 0 {
			err = fmt.Errorf("%s is not found by its phase", one.name)
		}
		return err
	})
	return text
}

// sentence asks as the Web UI does.
func sentence(ctx context.Context, id string) (string, error) {
	answer, err := house.Client.QueryWorkflow(ctx, id, "", metadataQuery)
	if err != nil {
		return "", err
	}
	var metadata sdkpb.WorkflowMetadata
	if err := answer.Get(&metadata); err != nil {
		return "", err
	}
	return metadata.GetCurrentDetails(), nil
}
