package demo

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
	"idjourney/notify/notifytest"
)

// A wrong vendor path answers a 404 that is not the vendor's own word. It calls a
// person and closes nothing, neither a real journey nor an unknown one,
// however long it lasts.
func TestWrongVendorPathClosesNothing(t *testing.T) {
	s := start(t, world.Options{WrongPath: "/journey/v9/{journey_id}"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	known, err := s.Vendor.Begin(idwisetest.StartRequest{Account: s.Keys.DownAPIKey, Script: "approve"})
	if err != nil {
		t.Fatal(err)
	}
	const unknown = "made-up"
	post(ctx, t, s, `{"event":"Finished Journey","body":{"eventId":"e-1","journeyId":"`+unknown+`","systemDecision":"Complete"}}`)

	for _, id := range []string{known, unknown} {
		if _, err := s.Customer.Await(ctx, func([]notifytest.Message) bool { return calls(s, id) }); err != nil {
			t.Fatalf("%s: no person was called: %v", id, err)
		}
		// The looks are spaced 0.2, 0.5, 1 and 2 s: the sixth is long after unknown_after.
		state := awaitFetches(ctx, t, s, id, 6)
		if state.Phase != journey.AwaitingUserSteps || !state.Look.MissingSince.IsZero() {
			t.Errorf("%s: phase %s, missing since %v; want awaiting_user_steps, never missing", id, state.Phase, state.Look.MissingSince)
		}
		d, err := s.Client.DescribeWorkflowExecution(ctx, journey.WorkflowID(world.AccountDown, id), "")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.GetWorkflowExecutionInfo().GetStatus(); got != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			t.Errorf("%s: its workflow is %s, want running", id, got)
		}
	}
}

func calls(s *world.World, id string) bool {
	return slices.ContainsFunc(s.Customer.Journey(id), func(m notifytest.Message) bool {
		return m.Type == journey.MessageAttention && m.Data.Attention.Code == journey.AttentionVendorDenied
	})
}

// awaitFetches returns the state of a journey that has looked n times.
func awaitFetches(ctx context.Context, t *testing.T, s *world.World, id string, n int) journey.State {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var state journey.State
		answer, err := s.Client.QueryWorkflow(ctx, journey.WorkflowID(world.AccountDown, id), "", journey.QueryState)
		if err == nil {
			err = answer.Get(&state)
		}
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if state.Counts.Fetches >= n {
			return state
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: it has looked %d times, want %d", id, state.Counts.Fetches, n)
		}
	}
}

// post posts a webhook to account demo-down as IDWise would.
func post(ctx context.Context, t *testing.T, s *world.World, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.WebhookURL(world.AccountDown), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Keys.DownWebhookToken)
	req.Header.Set("X-Webhook-Key", s.Keys.DownWebhookKey)
	if got := answered(t, req); got != http.StatusOK {
		t.Fatalf("got %d, want 200", got)
	}
}
