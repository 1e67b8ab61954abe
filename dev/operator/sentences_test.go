package operator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"

	"idjourney/journey"
	"idjourney/starter"
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
	// then is what IDWise shows later and says by an event; it comes when the journey
	// rests, and an operator's act after it.
	then *later
	act  string
}

// later is what happens to a journey that rests in settled.
type later struct {
	event   journey.EventType
	hint    journey.Hint
	verdict *journey.Verdict
}

// renewal is due, and the API shows why: a document has run out.
func renewal() *later {
	v := finished(journey.Complete, journey.Complete)
	v.FailedRules = []string{"expired_document"}
	return &later{
		event:   journey.VerificationUpdateRequired,
		hint:    journey.Hint{Trigger: "KYC Renewal", RequiredSteps: []journey.RequiredStep{{StepID: "10", ReasonCode: "expired_document"}}},
		verdict: v,
	}
}

// matched is a match that monitoring brought after a rejection.
func matched() *later {
	v := finished(journey.Refer, journey.Rejected)
	v.AML = journey.AML{Applicability: "Applicable", Version: 1, Matches: []journey.AMLMatch{
		{ID: "m1", Datasets: []string{"SAN"}, Version: 1, MonitorUpdate: "Added"},
	}}
	return &later{event: journey.AMLMonitorUpdate, hint: journey.Hint{AMLVersion: 1}, verdict: v}
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
		{name: "awaiting-renewal", phase: journey.AwaitingResubmission, event: journey.FinishedJourney, verdict: finished(journey.Complete, journey.Complete), then: renewal()},
		{name: "alerts-open", phase: journey.Settled, event: journey.FinishedJourney, verdict: finished(journey.Refer, journey.Rejected), then: matched()},
		{name: "erase-failed", phase: journey.Settled, event: journey.FinishedJourney, verdict: finished(journey.Refer, journey.Rejected), act: journey.UpdateErase},
		{name: "ended", phase: journey.Ended, event: journey.FinishedJourney, verdict: finished(journey.Refer, journey.Rejected), act: journey.UpdateEnd},
		{name: "erased", phase: journey.Erased, event: journey.FinishedJourney, verdict: finished(journey.Refer, journey.Rejected), act: journey.UpdateErase},
		{name: "expired", phase: journey.Expired, event: journey.UpdatedJourney, verdict: begun, hasty: true},
		{name: "unknown", phase: journey.Unknown, event: journey.FinishedJourney, hasty: true},
	}
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
	signaler := starter.NewSignaler(demoWorld.Client, demoWorld.Namespace, stageQueue)
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
		s.goOn(t, signaler, one)
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
		resting := !s.Look.UnderWay && !s.Steps.Completing && (s.Steps.Running == "") != one.holds
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
		found, err := demoWorld.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
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
	answer, err := demoWorld.Client.QueryWorkflow(ctx, id, "", metadataQuery)
	if err != nil {
		return "", err
	}
	var metadata sdkpb.WorkflowMetadata
	if err := answer.Get(&metadata); err != nil {
		return "", err
	}
	return metadata.GetCurrentDetails(), nil
}
