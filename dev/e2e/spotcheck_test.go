package e2e

import (
	"context"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"idjourney/dev/world"
	"idjourney/journey"
	"idjourney/notify/notifytest"
)

// The whole way, with everything that is real but the vendor: a journey is approved,
// its spot check comes by webhook, is fetched, bound by the reference and told; a
// failed one puts the journey before a person, without touching its standing.
func TestSpotChecks(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s := inProcess(ctx, t)
	passed := s.Vendor.Start("spot-passed", "customer-passed")
	failed := s.Vendor.Start("spot-failed", "customer-failed")

	for id, want := range map[string]journey.SpotOutcome{passed: journey.SpotPassed, failed: journey.SpotFailed} {
		m := awaitMessage(ctx, t, s, id, journey.MessageSpotCheckDecided)
		if m.Data.SpotCheck == nil || m.Data.Outcome != want {
			t.Fatalf("told %+v, want %s", m.Data, want)
		}
		spotID := m.Data.SpotCheckJourneyID
		d, err := s.Ledger.SpotCheck(ctx, world.Account, spotID)
		if err != nil || d.Outcome != want || d.JourneyID != id || d.BoundBy != journey.BoundByReference {
			t.Errorf("the ledger has %+v, %v; want %s of %s by its reference", d, err, want, id)
		}
		var ended string
		if err := s.Client.GetWorkflow(ctx, journey.SpotCheckWorkflowID(world.Account, spotID), "").Get(ctx, &ended); err != nil || ended != string(want) {
			t.Errorf("its workflow ended with %q, %v; want %s", ended, err, want)
		}
	}
	if m := awaitMessage(ctx, t, s, failed, journey.MessageReviewRequired); m.Data.Review.Reason != "spot_check_failed" {
		t.Errorf("asked for a review because of %q", m.Data.Review.Reason)
	}
	for _, id := range []string{passed, failed} {
		known, err := s.Ledger.Journey(ctx, world.Account, id)
		if err != nil || known.Standing.Outcome != journey.OutcomeApproved || known.Standing.Sequence != 1 {
			t.Errorf("journey %s stands at %+v, %v; want its one approval", id, known.Standing, err)
		}
		open, err := s.Client.DescribeWorkflowExecution(ctx, journey.WorkflowID(world.Account, id), "")
		if err != nil || open.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			t.Errorf("journey %s is no longer open: %v", id, err)
		}
	}
}

// awaitMessage waits until the customer has a journey's message of the type.
func awaitMessage(ctx context.Context, t *testing.T, s *world.World, id string, kind journey.MessageType) (found notifytest.Message) {
	t.Helper()
	_, err := s.Customer.Await(ctx, func(all []notifytest.Message) bool {
		for _, m := range all {
			if m.Data.JourneyID == id && m.Type == kind {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("journey %s: the customer never got %s; got %+v", id, kind, s.Customer.Journey(id))
	}
	return found
}
