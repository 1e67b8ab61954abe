package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"idjourney/dev/world"
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
	s := newSystem(t, "kill")
	s.starter()
	s.worker()
	const journeys = 24
	var ids []string
	for i := range journeys {
		script := []string{"approve", "refer-approve", "face-late", "face-mismatch"}[i%4]
		ids = append(ids, s.Vendor.Start(script, fmt.Sprintf("%s-%04d", script, i)))
		if i%8 == 7 { // the next ones find a starter or a worker that has just died
			s.awaitDecided(ctx, i/8+1)
			s.Kill("starter")
			s.Kill("worker")
			s.starter()
			s.worker()
		}
	}
	for n := 1; n <= journeys; n += 4 {
		s.awaitDecided(ctx, n)
		s.Kill("worker")
		s.worker()
		s.Kill("starter")
		s.starter()
	}
	s.awaitDecided(ctx, journeys)
	for i, id := range ids {
		s.checkJourney(id, []string{"approved", "approved", "approved", "rejected"}[i%4])
	}
	if forged := s.Customer.Forged(); forged != 0 {
		t.Errorf("the customer got %d messages without a valid signature", forged)
	}
}

// awaitDecided waits until that many journeys have had a decision.
func (s *system) awaitDecided(ctx context.Context, journeys int) {
	s.t.Helper()
	wait, cancel := context.WithTimeout(ctx, 90*time.Second) // killed work is taken up after its time-outs
	defer cancel()
	_, err := s.Customer.Await(wait, func(all []notifytest.Message) bool { return len(decided(all)) >= journeys })
	if err != nil {
		var hanging []string
		done := decided(s.Customer.Messages())
		for _, j := range s.Vendor.Journeys() {
			if len(done[j.JourneyID]) == 0 {
				hanging = append(hanging, fmt.Sprintf("%s: %s", j.JourneyID, s.describe(j.JourneyID)))
			}
		}
		s.t.Fatalf("waiting for %d decided journeys: %v\n%v", journeys, err, hanging)
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

func (s *system) checkJourney(id, outcome string) {
	s.t.Helper()
	got := decided(s.Customer.Journey(id))[id]
	want := journey.DecisionID(world.Account, id, 1)
	if len(got) != 1 || !got[want] {
		s.t.Errorf("journey %s: the customer got the decisions %v, want only %s", id, got, want)
	}
	for _, m := range s.Customer.Journey(id) {
		if m.Type == journey.MessageDecided && m.Data.Decision.Outcome != journey.Outcome(outcome) {
			s.t.Errorf("journey %s: decided %s, want %s", id, m.Data.Decision.Outcome, outcome)
		}
	}
	snap := s.Vendor.Journey(id)
	if snap.CustomStepSubmissions > 1 {
		s.t.Errorf("journey %s: the face was submitted %d times", id, snap.CustomStepSubmissions)
	}
	if !snap.Completed {
		s.t.Errorf("journey %s: was never completed at the vendor", id)
	}
}

func (s *system) describe(id string) string {
	var state journey.State
	answer, err := temporal.QueryWorkflow(context.WithoutCancel(s.t.Context()), journey.WorkflowID(world.Account, id), "", journey.QueryState)
	if err != nil {
		return err.Error()
	}
	if err := answer.Get(&state); err != nil {
		return err.Error()
	}
	return state.Describe()
}
