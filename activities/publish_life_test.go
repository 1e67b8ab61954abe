package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkactivity "go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
	"idjourney/ledger"
)

var published = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func message(id string, t journey.MessageType) journey.Message {
	return journey.Message{ID: string(t) + "-" + id, Type: t, Account: account, JourneyID: id, Phase: journey.Settled, At: published}
}

func adoptedBaseline(id string) journey.PublishInput {
	d := decision(id, 1, journey.OutcomeApproved)
	d.Adopted = true
	in := decided(d)
	in.Message.Type = journey.MessageAdopted
	return in
}

// An adopted baseline is recorded as the first decision, and its message carries the
// standing instead of a decision.
func TestPublishRecordsAnAdoptedBaseline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := adoptedBaseline("j1")
	must(t, w.activities.Publish, in)
	w.wantDecisions(t, "j1", *in.Message.Decision)
	got := w.customer.Journey("j1")
	if len(got) != 1 || got[0].Data.Decision != nil || got[0].Data.Standing == nil || got[0].Data.Standing.Sequence != 1 {
		t.Errorf("the customer has %+v, want the standing", got)
	}
}

// The ledger has a journey's snapshot before a message about it is sent.
func TestPublishSavesTheSnapshotBeforeItSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := journey.PublishInput{Endpoint: core, Message: message("j1", journey.MessageReviewRequired)}
	in.Message.Review = &journey.Review{ID: "rev_1", Kind: journey.ReviewVendor, Reason: "refer", Since: published}
	in.Snapshot = &journey.Snapshot{
		At: published, Phase: journey.AwaitingReview, Since: published, Flow: "onboarding", Review: in.Message.Review,
		Attention: []journey.AttentionItem{{Code: journey.AttentionDeliveryParked, Detail: core, Since: published}},
	}
	var shown ledger.View
	w.door.set(false, "", func() {
		var err error
		if shown, err = w.ledger.View(context.Background(), account, "j1"); err != nil {
			t.Errorf("reading the ledger: %v", err)
		}
	})
	must(t, w.activities.Publish, in)
	if diff := cmp.Diff(*in.Snapshot, shown.Snapshot); diff != "" {
		t.Errorf("in the snapshot when the customer was notified (-want +got):\n%s", diff)
	}
	waiting, _, err := w.ledger.Reviews(t.Context(), ledger.ReviewFilter{Accounts: []string{account}})
	if err != nil || len(waiting) != 1 || waiting[0].ID != "rev_1" {
		t.Errorf("got %+v, %v; want the review", waiting, err)
	}
}

func TestASnapshotAloneSendsNoMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, endpoint := range []string{"", core} {
		in := journey.PublishInput{
			Message:  journey.Message{Account: account, JourneyID: "j1", Phase: journey.Settled, At: published},
			Endpoint: endpoint, Snapshot: &journey.Snapshot{At: published, Phase: journey.Settled, Since: published, Adopted: true},
		}
		if got := must(t, w.activities.Publish, in); got != (journey.PublishAnswer{}) || w.customer.Attempts() != 0 {
			t.Errorf("got %+v and %d requests, want nothing sent", got, w.customer.Attempts())
		}
	}
	if got, err := w.ledger.View(t.Context(), account, "j1"); err != nil || got.Phase != journey.Settled || !got.Snapshot.Adopted {
		t.Errorf("got %+v, %v; want what the snapshot says", got, err)
	}
}

// A decision is recorded even by a worker that does not know its endpoint.
func TestPublishRecordsForAnAccountThatIsNotListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := decision("j1", 1, journey.OutcomeApproved)
	d.Account, d.ID = "newer", journey.DecisionID("newer", "j1", 1)
	_, err := run(t, w.activities.Publish, decided(d))
	wantRetry(t, err, "account_unlisted", 0)
	if got, err := w.ledger.Decisions(t.Context(), "newer", "j1"); err != nil || len(got) != 1 {
		t.Errorf("got %+v, %v; want the decision", got, err)
	}
}

func spotCheck(journeyID string) journey.PublishInput {
	d := journey.SpotDecision{
		ID: "spot_1", Account: account, SpotID: "s1", Outcome: journey.SpotFailed, JourneyID: journeyID, DecidedAt: published,
	}
	return journey.PublishInput{Endpoint: core, Message: journey.Message{
		ID: d.ID, Type: journey.MessageSpotCheckDecided, Account: account, JourneyID: journeyID, At: published, SpotCheck: &d,
	}}
}

// A spot check may refer to a journey, but changes nothing of it.
func TestPublishOfASpotCheckDoesNotChangeTheJourney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.vendor.Start("never-finish", "customer-7")
	w.fetch(t, id)
	before, err := w.ledger.Journey(t.Context(), account, id)
	if err != nil {
		t.Fatal(err)
	}
	must(t, w.activities.Publish, spotCheck(id))
	after, err := w.ledger.Journey(t.Context(), account, id)
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v, the journey changed (-before +after):\n%s", err, diff)
	}
	if got := w.customer.Journey(id); len(got) != 1 || got[0].Data.Reference != "customer-7" || got[0].Data.SpotCheckJourneyID != "s1" {
		t.Errorf("the customer has %+v, want the spot check with the reference", got)
	}
}

// A spot check without a journey carries the reference it came with: the customer has no
// other way to recognise it.
func TestPublishOfAnUnboundSpotCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := spotCheck("")
	if err := w.ledger.SaveSpotCheck(t.Context(), *in.Message.SpotCheck, "customer-8"); err != nil {
		t.Fatal(err)
	}
	must(t, w.activities.Publish, in)
	got := w.customer.Messages()
	if len(got) != 1 || got[0].Data.Reference != "customer-8" || got[0].Data.JourneyID != "" {
		t.Errorf("the customer has %+v, want the reference and no journey", got)
	}
}

// However long the ledger or an endpoint is unavailable, the final error says which: only
// a delivery may be given up, never a decision.
func TestTheLastErrorSaysWhetherAMessageIsRecorded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil    func(w *world)
		code     string
		recorded bool
	}{
		"the ledger is unavailable":   {func(w *world) { _ = w.ledger.Close() }, "ledger_unavailable", false},
		"the endpoint is unavailable": {func(w *world) { w.door.set(true, "", nil) }, "endpoint_unavailable", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.spoil(w)
			err := w.giveUp(t, decided(decision("j1", 1, journey.OutcomeApproved)))
			var failed *temporal.ApplicationError
			if !errors.As(err, &failed) || failed.Type() != c.code {
				t.Errorf("the workflow sees %v, want the type %s", err, c.code)
			}
			if !c.recorded {
				return
			}
			w.wantDecisions(t, "j1", decision("j1", 1, journey.OutcomeApproved))
		})
	}
}

// giveUp publishes from a workflow until the time for all attempts is over.
func (w *world) giveUp(t *testing.T, in journey.PublishInput) error {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivityWithOptions(w.activities.Publish, sdkactivity.RegisterOptions{Name: "Publish"})
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			ScheduleToCloseTimeout: time.Hour, RetryPolicy: &temporal.RetryPolicy{InitialInterval: 10 * time.Minute},
		})
		return workflow.ExecuteActivity(ctx, "Publish", in).Get(ctx, nil)
	})
	return env.GetWorkflowError()
}
