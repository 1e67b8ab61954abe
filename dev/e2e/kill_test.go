package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/notify/notifytest"
)

// Worker and starter are killed with SIGKILL again and again while journeys run.
// Every decision arrives, none twice under different ids, and no face is
// submitted twice.
func TestKillInMidJourney(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	h := newHouse(t, "kill")
	starter, worker := h.starter(), h.worker()
	const journeys = 24
	var ids []string
	for i := range journeys {
		script := []string{"approve", "refer-approve", "face-late", "face-mismatch"}[i%4]
		ids = append(ids, h.Vendor.Start(script, fmt.Sprintf("%s-%04d", script, i)))
		if i%8 == 7 { // the next ones find a starter or a worker that has just died
			h.awaitDecided(ctx, i/8+1)
			starter.kill()
			worker.kill()
			starter, worker = h.starter(), h.worker()
		}
	}
	for n := 1; n <= journeys; n += 4 {
		h.awaitDecided(ctx, n)
		worker.kill()
		worker = h.worker()
		starter.kill()
		starter = h.starter()
	}
	h.awaitDecided(ctx, journeys)
	for i, id := range ids {
		h.checkJourney(id, []string{"approved", "approved", "approved", "rejected"}[i%4])
	}
	if forged := h.Customer.Forged(); forged != 0 {
		t.Errorf("the customer got %d messages without a valid signature", forged)
	}
}

// awaitDecided waits until that many journeys have had a decision.
func (h *house) awaitDecided(ctx context.Context, journeys int) {
	h.t.Helper()
	wait, cancel := context.WithTimeout(ctx, 90*time.Second) // killed work is taken up after its time-outs
	defer cancel()
	_, err := h.Customer.Await(wait, func(all []notifytest.Message) bool { return len(decided(all)) >= journeys })
	if err != nil {
		var hanging []string
		done := decided(h.Customer.Messages())
		for _, s := range h.Vendor.Journeys() {
			if len(done[s.JourneyID]) == 0 {
				hanging = append(hanging, fmt.Sprintf("%s: %s", s.JourneyID, h.describe(s.JourneyID)))
			}
		}
		h.t.Fatalf("waiting for %d decided journeys: %v\n%v", journeys, err, hanging)
	}
}

// decided lists the ids of the decisions received, by journey.
func decided(all []notifytest.Message) map[string]map[string]bool {
	by := map[string]map[string]bool{}
	for _, m := range all {
		if m.Type != journey.MessageDecided {
			continue
		}
		if by[m.Data.JourneyID] == nil {
			by[m.Data.JourneyID] = map[string]bool{}
		}
		by[m.Data.JourneyID][m.ID] = true
	}
	return by
}

func (h *house) checkJourney(id, outcome string) {
	h.t.Helper()
	got := decided(h.Customer.Journey(id))[id]
	want := journey.DecisionID("acme", id, 1)
	if len(got) != 1 || !got[want] {
		h.t.Errorf("journey %s: the customer got the decisions %v, want only %s", id, got, want)
	}
	for _, m := range h.Customer.Journey(id) {
		if m.Type == journey.MessageDecided && m.Data.Decision.Outcome != journey.Outcome(outcome) {
			h.t.Errorf("journey %s: decided %s, want %s", id, m.Data.Decision.Outcome, outcome)
		}
	}
	s := h.Vendor.Journey(id)
	if s.CustomStepSubmissions > 1 {
		h.t.Errorf("journey %s: the face was submitted %d times", id, s.CustomStepSubmissions)
	}
	if !s.Completed {
		h.t.Errorf("journey %s: was never completed at the vendor", id)
	}
}

func (h *house) describe(id string) string {
	var s journey.State
	answer, err := temporal.QueryWorkflow(context.WithoutCancel(h.t.Context()), journey.WorkflowID("acme", id), "", journey.QueryState)
	if err != nil {
		return err.Error()
	}
	if err := answer.Get(&s); err != nil {
		return err.Error()
	}
	return s.Describe()
}
