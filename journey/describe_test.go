package journey_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

// phases is every phase; a new one belongs here, too.
var phases = []journey.Phase{
	journey.AwaitingUserSteps, journey.CustomSteps, journey.AwaitingResult, journey.AwaitingReview,
	journey.AwaitingResubmission, journey.Settled, journey.Expired, journey.Unknown, journey.Ended, journey.Erased,
}

// TestDescribe holds the operator's sentence of every phase, and of what a journey
// may be busy with, to a golden file; UPDATE=1 writes it anew.
func TestDescribe(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	var got strings.Builder
	tell := func(name string, s journey.State) {
		_, _ = fmt.Fprintf(&got, "%s\n%s\n\n", name, s.Describe())
	}
	for _, p := range phases {
		tell(string(p), journey.State{Phase: p, Look: journey.Look{At: at}})
	}
	tell("a local review", journey.State{Phase: journey.AwaitingReview, Reviews: journey.Reviews{Open: &journey.Review{Kind: journey.ReviewLocal, Reason: "unknown_value"}}})
	ladder := journey.Ladder{Remind: []time.Time{at.Add(time.Hour)}, EscalateAt: at.Add(2 * time.Hour), FinallyAt: at.Add(3 * time.Hour), Finally: journey.OutcomeOnHold}
	reviewed := func(l journey.Ladder) journey.State {
		return journey.State{Phase: journey.AwaitingReview, Look: journey.Look{At: at.Add(24 * time.Hour)}, Reviews: journey.Reviews{Open: &journey.Review{Kind: journey.ReviewVendor, Reason: "refer", Ladder: l}}}
	}
	tell("a review with a ladder", reviewed(ladder))
	ladder.Remind = nil
	tell("a review that was reminded of", reviewed(ladder))
	ladder.Overdue = true
	tell("a review that is overdue", reviewed(ladder))
	ladder.Looked = true
	tell("a review whose ladder is over", reviewed(ladder))
	user := func(r journey.Resubmission) journey.State {
		return journey.State{Phase: journey.AwaitingResubmission, Look: journey.Look{At: at}, Rounds: journey.Rounds{Open: &r}}
	}
	tell("a resubmission", user(journey.Resubmission{Kind: journey.KindResubmission, Since: at, Until: at.Add(time.Hour), Steps: []journey.RequiredStep{{StepID: "10"}}}))
	tell("a renewal", user(journey.Resubmission{Kind: journey.KindRenewal, Since: at}))
	tell("an overdue renewal", user(journey.Resubmission{Kind: journey.KindRenewal, Since: at, Until: at, Overdue: true}))
	tell("submitted again", journey.State{Phase: journey.AwaitingResult, Rounds: journey.Rounds{Number: 1}, Look: journey.Look{At: at}})
	tell("alerts", journey.State{Phase: journey.Settled, AML: journey.Screening{Alerts: []journey.Alert{
		{Severity: journey.SeverityMedium, Since: at, Ladder: journey.Ladder{Remind: []time.Time{at.Add(time.Hour)}}}, {Severity: journey.SeverityHigh, Since: at},
	}}})
	tell("an announced answer", journey.State{Phase: journey.CustomSteps, Steps: journey.Steps{Waiting: "employer", WaitUntil: at}})
	tell("an erasure", journey.State{Phase: journey.Settled, Erasing: true})
	tell("without a deadline", journey.State{Phase: journey.Settled})
	tell("a running step", journey.State{Phase: journey.CustomSteps, Steps: journey.Steps{Running: "government_face"}})
	tell("completing", journey.State{Phase: journey.CustomSteps, Steps: journey.Steps{Completing: true}})
	tell("looking", journey.State{Phase: journey.AwaitingResult, Look: journey.Look{UnderWay: true}})
	tell("missing", journey.State{Phase: journey.AwaitingUserSteps, Look: journey.Look{MissingSince: at, At: at}})
	tell("a claim", journey.State{Phase: journey.AwaitingResult, Look: journey.Look{At: at, Claim: journey.Claim{UserSteps: true, Finished: true, Manual: true, AML: 3}}})
	tell("a standing and two calls", journey.State{
		Phase: journey.Settled, Standing: journey.Standing{Outcome: journey.OutcomeApproved, Sequence: 1, Since: at},
		Attention: []journey.AttentionItem{
			{Code: journey.AttentionDeliveryParked, Since: at, Detail: "core"}, {Code: journey.AttentionQuarantined, Since: at},
		},
	})
	golden := filepath.Join("testdata", "sentences.golden")
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("an operator reads something else (UPDATE=1 writes it down; -want +got):\n%s", diff)
	}
}
