package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"idjourney/api"
	"idjourney/dev/embed"
	"idjourney/dev/world"
	"idjourney/idwise"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/ledger"
)

// inProcess is a world with a Temporal of its own, and the product in this process.
func inProcess(ctx context.Context, t *testing.T) *world.World {
	t.Helper()
	return newWorld(ctx, t, world.Options{Dir: t.TempDir(), Ports: world.Ports{UI: embed.NoUI}})
}

// A spot check of a journey that we never heard of is held; a person links it to one
// that we know, which then comes before a person.
func TestAPersonLinksASpotCheck(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s := inProcess(ctx, t)
	lost := idwisetest.Faults{Drop: true, Events: []string{idwise.EventFinishedUserSteps, idwise.EventFinishedJourney}}
	s.Vendor.SetFaults(lost)
	stranger := s.Vendor.Start("no-custom-step", "a-stranger")
	s.Vendor.SetJourneyFaults(stranger, lost)
	s.Vendor.SetFaults(idwisetest.Faults{})
	known := s.Vendor.Start("approve", "a-customer")
	awaitMessage(ctx, t, s, known, journey.MessageDecided)
	spotID := awaitSpotCheck(ctx, t, s.Vendor, stranger)

	if m := awaitMessage(ctx, t, s, "", journey.MessageSpotCheckDecided); m.Data.Outcome != journey.SpotHeld || m.Data.SpotCheckJourneyID != spotID {
		t.Fatalf("told %+v, want that %s is held", m.Data, spotID)
	}
	held, err := s.Ledger.HeldSpotChecks(ctx, []string{world.Account})
	if err != nil || len(held) != 1 || held[0].SpotID != spotID {
		t.Fatalf("the ledger holds %+v, %v; want %s", held, err, spotID)
	}
	operator := api.NewOperator(s.Client, s.Config.TaskQueue)
	link := journey.SpotLink{JourneyID: "no-such-journey", Actor: "officer", Reason: "ticket 7"}
	var refused *api.Refused
	if err := operator.Link(ctx, world.Account, spotID, link); !errors.As(err, &refused) || !strings.Contains(refused.Sentence, "knows no journey") {
		t.Errorf("linked to an unknown journey: %v", err)
	}
	link.JourneyID = known
	if err := operator.Link(ctx, world.Account, spotID, link); err != nil {
		t.Fatal(err)
	}

	if m := awaitMessage(ctx, t, s, known, journey.MessageSpotCheckDecided); m.Data.Outcome != journey.SpotFailed || m.Data.SpotCheckJourneyID != spotID {
		t.Errorf("told %+v, want that %s failed", m.Data, spotID)
	}
	if m := awaitMessage(ctx, t, s, known, journey.MessageReviewRequired); m.Data.Review.Reason != "spot_check_failed" {
		t.Errorf("asked for a review because of %q", m.Data.Review.Reason)
	}
	d, err := s.Ledger.SpotCheck(ctx, world.Account, spotID)
	if err != nil || d.BoundBy != "officer" || d.LinkReason != "ticket 7" || d.JourneyID != known {
		t.Errorf("the ledger has %+v, %v; want it bound by officer to %s", d, err, known)
	}
	if err := operator.Link(ctx, world.Account, spotID, link); err == nil {
		t.Error("it was linked twice")
	}
}

// awaitSpotCheck lets the vendor make a spot check, which fails, as soon as it may.
func awaitSpotCheck(ctx context.Context, t *testing.T, v *idwisetest.Vendor, id string) string {
	t.Helper()
	for {
		spotID, err := v.SpotCheck(id, idwisetest.SpotCheckRequest{Passed: false})
		if err == nil {
			return spotID
		}
		select {
		case <-after(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("the vendor makes no spot check: %v", err)
		}
	}
}

// What comes for a journey whose relationship has ended is kept and starts nothing.
func TestWebhooksOfAnEndedJourneyAreKept(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s := inProcess(ctx, t)
	id := s.Vendor.Start("approve", "a-customer")
	awaitMessage(ctx, t, s, id, journey.MessageDecided)
	acted, err := api.NewOperator(s.Client, s.Config.TaskQueue).Act(ctx, world.Account, id, journey.UpdateEnd,
		journey.Act{Kind: journey.UpdateEnd, Actor: "officer", Reason: "the account was closed"})
	if err != nil || acted.Phase != journey.Ended {
		t.Fatalf("ended with %+v, %v", acted, err)
	}
	run := s.Client.GetWorkflow(ctx, journey.WorkflowID(world.Account, id), "")
	var phase string
	if err := run.Get(ctx, &phase); err != nil || phase != string(journey.Ended) {
		t.Fatalf("its workflow ended with %q, %v", phase, err)
	}
	before, err := s.Client.DescribeWorkflowExecution(ctx, journey.WorkflowID(world.Account, id), "")
	if err != nil {
		t.Fatal(err)
	}
	if p, over, err := s.Ledger.Tombstone(ctx, world.Account, id); err != nil || !over || p != journey.Ended {
		t.Fatalf("the tombstone is %q, %t, %v", p, over, err)
	}
	webhooks, err := s.Ledger.WebhookCounts(ctx, world.Account)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Vendor.Update(id, "profile_updated"); err != nil {
		t.Fatal(err)
	}
	awaitKept(ctx, t, s.Ledger, webhooks[ledger.Keep]+1)

	if pending, _, err := s.Ledger.PendingWebhooks(ctx); err != nil || pending != 0 {
		t.Errorf("%d webhooks wait to be forwarded, %v; want none", pending, err)
	}
	if now, err := s.Ledger.WebhookCounts(ctx, world.Account); err != nil || now[ledger.Forward] != webhooks[ledger.Forward] {
		t.Errorf("webhooks to forward: %d, %v; want %d as before", now[ledger.Forward], err, webhooks[ledger.Forward])
	}
	latest, err := s.Client.DescribeWorkflowExecution(ctx, journey.WorkflowID(world.Account, id), "")
	if err != nil {
		t.Fatal(err)
	}
	info := latest.GetWorkflowExecutionInfo()
	if info.GetExecution().GetRunId() != before.GetWorkflowExecutionInfo().GetExecution().GetRunId() || info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		t.Errorf("its workflow is %s in run %s; want it closed as before", info.GetStatus(), info.GetExecution().GetRunId())
	}
}

func awaitKept(ctx context.Context, t *testing.T, l *ledger.Ledger, want int) {
	t.Helper()
	for {
		counts, err := l.WebhookCounts(ctx, world.Account)
		if err != nil {
			t.Fatal(err)
		}
		if counts[ledger.Keep] >= want {
			return
		}
		select {
		case <-after(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("webhooks: %v, want %d kept", counts, want)
		}
	}
}

// The way of an upgrade: export what runs, twice as after an interruption, and replay
// it against the build of here.
func TestReplayBeforeAnUpgrade(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := inProcess(ctx, t)
	approved, failed := s.Vendor.Start("approve", "customer-1"), s.Vendor.Start("spot-failed", "customer-2")
	review := s.Vendor.Start("refer", "customer-3") // waits for the vendor's reviewer
	awaitMessage(ctx, t, s, approved, journey.MessageDecided)
	awaitMessage(ctx, t, s, failed, journey.MessageSpotCheckDecided)
	awaitMessage(ctx, t, s, review, journey.MessageReviewRequired)
	awaitListed(ctx, t, s, 3) // without the spot check, which is over
	binary, dir := built(t), filepath.Join(t.TempDir(), "histories")
	idjourney := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+s.TemporalAddress, "TEMPORAL_NAMESPACE="+s.Namespace)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}

	query := `JourneyAccount = "` + world.Account + `"`
	if out := idjourney("export-histories", "--dir", dir, "--query", query); out != "3 histories written, 0 there already, 0 gone meanwhile\n" {
		t.Errorf("said %q", out)
	}
	if out := idjourney("export-histories", "--dir", dir, "--at-once", "1"); out != "0 histories written, 3 there already, 0 gone meanwhile\n" {
		t.Errorf("said %q", out)
	}
	out := idjourney("replay", dir)
	for _, want := range []string{
		"3 ok, 0 running would break, 0 closed would have, 0 cannot be read\n", journey.WorkflowID(world.Account, approved),
		journey.WorkflowID(world.Account, failed), journey.WorkflowID(world.Account, review), ", Journey, run ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("said\n%s\nwant %q", out, want)
		}
	}
}

// awaitListed waits until Temporal's list, which follows a little later, has n running
// workflows.
func awaitListed(ctx context.Context, t *testing.T, s *world.World, n int64) {
	t.Helper()
	for {
		listed, err := s.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: s.Namespace, Query: `ExecutionStatus = "Running"`,
		})
		if err != nil {
			t.Fatal(err)
		}
		if listed.GetCount() == n {
			return
		}
		select {
		case <-after(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d workflows run, want %d", listed.GetCount(), n)
		}
	}
}
