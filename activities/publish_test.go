package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.temporal.io/sdk/temporal"

	"idjourney/journey"
	"idjourney/ledger"
)

func decision(id string, sequence int, outcome journey.Outcome) journey.Decision {
	return journey.Decision{
		ID: journey.DecisionID(account, id, sequence), Account: account, JourneyID: id, Sequence: sequence,
		Outcome: outcome, Source: journey.SourceVendor, Final: journey.Complete, PolicyVersion: "p1",
		DecidedBy: "system", DecidedAt: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
}

func decided(d journey.Decision) journey.PublishInput {
	return journey.PublishInput{Endpoint: core, Message: journey.Message{
		ID: d.ID, Type: journey.MessageDecided, Stream: journey.StreamDecisions, Account: d.Account, JourneyID: d.JourneyID,
		Phase: journey.Settled, At: d.DecidedAt, Decision: &d,
	}}
}

// wantDelivery checks what the ledger knows of a message's delivery.
func (w *world) wantDelivery(t *testing.T, in journey.PublishInput, state ledger.DeliveryState, attempts, status int) {
	t.Helper()
	got, err := w.ledger.Delivery(t.Context(), in.Message.Account, in.Message.ID, in.Endpoint)
	want := ledger.Delivery{
		MessageID: in.Message.ID, Endpoint: in.Endpoint, Type: string(in.Message.Type), Stream: string(in.Message.Stream),
		Account: account, JourneyID: in.Message.JourneyID, State: state, Attempts: attempts, LastStatus: status,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ledger.Delivery{}, "UpdatedAt")); err != nil || diff != "" {
		t.Errorf("delivery: %v, (-want +got):\n%s", err, diff)
	}
}

func (w *world) wantDecisions(t *testing.T, id string, want ...journey.Decision) {
	t.Helper()
	got, err := w.ledger.Decisions(t.Context(), account, id)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("decisions: %v, (-want +got):\n%s", err, diff)
	}
}

func TestPublishDeliversOnceWithTheReference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.vendor.Start("never-finish", "customer-7")
	w.fetch(t, id) // stores the reference in the ledger
	d := decision(id, 1, journey.OutcomeApproved)
	in := decided(d)
	for attempt := 1; attempt <= 2; attempt++ {
		if got, want := must(t, w.activities.Publish, in), (journey.PublishAnswer{Status: 200}); got != want {
			t.Errorf("attempt %d: got %+v, want %+v", attempt, got, want)
		}
	}
	if got := w.customer.Attempts(); got != 1 {
		t.Errorf("the customer was sent %d requests, want 1", got)
	}
	messages := w.customer.Journey(id)
	if len(messages) != 1 || messages[0].ID != d.ID || messages[0].Type != journey.MessageDecided ||
		messages[0].Data.Reference != "customer-7" || messages[0].Data.Decision.Outcome != journey.OutcomeApproved {
		t.Errorf("the customer has %+v, want the decision with the reference", messages)
	}
	w.wantDecisions(t, id, d)
	w.wantDelivery(t, in, ledger.DeliveryDelivered, 1, 200)
}

func TestPublishRecordsBeforeItSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := decision("j1", 1, journey.OutcomeRejected)
	var known []journey.Decision
	w.door.set(false, "", func() {
		var err error
		if known, err = w.ledger.Decisions(context.Background(), account, "j1"); err != nil {
			t.Errorf("reading the ledger: %v", err)
		}
	})
	must(t, w.activities.Publish, decided(d))
	if diff := cmp.Diff([]journey.Decision{d}, known); diff != "" {
		t.Errorf("in the ledger when the customer was notified (-want +got):\n%s", diff)
	}
	standing, err := w.ledger.Journey(t.Context(), account, "j1")
	if err != nil || standing.Standing.Outcome != journey.OutcomeRejected || standing.Phase != journey.Settled {
		t.Errorf("got %+v, %v; want the journey rejected and settled", standing, err)
	}
}

func TestPublishWhileTheEndpointIsUnavailable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := decision("j1", 1, journey.OutcomeApproved)
	in := decided(d)
	w.door.set(true, "", nil)
	_, err := run(t, w.activities.Publish, in)
	wantRetry(t, err, "endpoint_unavailable", 0)
	w.wantDecisions(t, "j1", d)
	w.wantDelivery(t, in, ledger.DeliveryPending, 1, 0)

	w.door.set(false, "", nil)
	must(t, w.activities.Publish, in)
	w.wantDelivery(t, in, ledger.DeliveryDelivered, 2, 200)
}

func TestPublishAnswers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status     int
		retryAfter string
		parked     bool
		wait       time.Duration
	}{
		"400 parks":             {status: 400, parked: true},
		"401 parks":             {status: 401, parked: true},
		"410 parks":             {status: 410, parked: true},
		"408 comes again":       {status: 408},
		"425 comes again":       {status: 425},
		"429 after a while":     {status: 429, retryAfter: "30", wait: 30 * time.Second},
		"503 after a while":     {status: 503, retryAfter: "120", wait: 2 * time.Minute},
		"503 by the policy":     {status: 503},
		"a redirect comes back": {status: 302},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			in := decided(decision("j1", 1, journey.OutcomeApproved))
			w.customer.SetStatus(c.status)
			w.door.set(false, c.retryAfter, nil)
			got, err := run(t, w.activities.Publish, in)
			if !c.parked {
				wantRetry(t, err, "endpoint_unavailable", c.wait)
				w.wantDelivery(t, in, ledger.DeliveryPending, 1, c.status)
				return
			}
			if want := (journey.PublishAnswer{Parked: true, Status: c.status}); err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
			w.wantDelivery(t, in, ledger.DeliveryParked, 1, c.status)
		})
	}
}

// Two histories contradict each other if they decide under the same number: the ledger's
// standing goes back to the journey, and the customer does not receive both.
func TestPublishRefusesAnotherDecisionOfTheSameNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := decision("j1", 1, journey.OutcomeApproved)
	if _, err := w.ledger.SaveDecision(t.Context(), first, journey.Settled); err != nil {
		t.Fatal(err)
	}
	got := must(t, w.activities.Publish, decided(decision("j1", 1, journey.OutcomeRejected))).Conflict
	if got == nil || got.Outcome != journey.OutcomeApproved || got.Sequence != 1 {
		t.Errorf("the conflict is with %+v, want approved, 1", got)
	}
	if got := w.customer.Attempts(); got != 0 {
		t.Errorf("the customer was sent %d requests, want none", got)
	}
	w.wantDecisions(t, "j1", first)
}

// A worker that is about to be replaced may not list the endpoint yet.
func TestPublishWaitsForAnEndpointThatIsNotListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := decision("j1", 1, journey.OutcomeApproved)
	in := decided(d)
	in.Endpoint = "gone"
	_, err := run(t, w.activities.Publish, in)
	wantRetry(t, err, "endpoint_unlisted", 0)
	w.wantDecisions(t, "j1", d)
	if got := w.customer.Attempts(); got != 0 {
		t.Errorf("the customer was sent %d requests, want none", got)
	}
}

func TestPublishWithoutAnEndpointRecordsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := decision("j1", 1, journey.OutcomeApproved)
	in := decided(d)
	in.Endpoint = ""
	if got := must(t, w.activities.Publish, in); got != (journey.PublishAnswer{}) || w.customer.Attempts() != 0 {
		t.Errorf("got %+v and %d requests, want nothing sent", got, w.customer.Attempts())
	}
	w.wantDecisions(t, "j1", d)
}

// A message without a decision updates the phase in the ledger.
func TestPublishRecordsThePhase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	must(t, w.activities.Publish, journey.PublishInput{Endpoint: core, Message: journey.Message{
		ID: "rev_1", Type: journey.MessageReviewRequired, Account: account, JourneyID: "j1",
		Phase: journey.AwaitingReview, At: at, Review: &journey.Review{Kind: journey.ReviewVendor},
	}})
	got, err := w.ledger.Journey(t.Context(), account, "j1")
	if err != nil || got.Phase != journey.AwaitingReview || !got.UpdatedAt.Equal(at) || got.Standing.Sequence != 0 {
		t.Errorf("got %+v, %v; want it awaiting review, without a standing", got, err)
	}
	if got := w.customer.Journey("j1"); len(got) != 1 || got[0].Data.Review == nil || got[0].Data.Reference != "" {
		t.Errorf("the customer has %+v, want the review", got)
	}
}

func TestPublishNeedsTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := run(t, w.activities.Publish, decided(decision("j1", 1, journey.OutcomeApproved)))
	wantRetry(t, err, "ledger_unavailable", 0)
	if got := w.customer.Attempts(); got != 0 {
		t.Errorf("the customer was sent %d requests, want none", got)
	}
}

// A slow endpoint occupies its share of the slots and no more. A message beyond it is
// recorded, frees its slot immediately, and does not count as a failed delivery.
func TestASlowEndpointTakesOnlyItsShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Accounts[0].Endpoints[0].MaxConcurrent = 1
	w.activities = w.restarted(t)
	arrived, answer := make(chan struct{}, 2), make(chan struct{})
	w.door.set(false, "", func() { arrived <- struct{}{}; <-answer })
	first, second := decision("j1", 1, journey.OutcomeApproved), decision("j2", 1, journey.OutcomeApproved)
	done := make(chan error)
	go func() {
		_, err := run(t, w.activities.Publish, decided(first))
		done <- err
	}()
	<-arrived
	_, err := run(t, w.activities.Publish, decided(second))
	wantRetry(t, err, "endpoint_busy", time.Second)
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || failed.Category() != temporal.ApplicationErrorCategoryBenign {
		t.Errorf("got %v, want it benign: nothing has failed", err)
	}
	w.wantDecisions(t, "j2", second)
	if _, err := w.ledger.Delivery(t.Context(), account, second.ID, core); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("got %v, want no delivery that was tried", err)
	}
	close(answer)
	if err := <-done; err != nil {
		t.Error(err)
	}
	must(t, w.activities.Publish, decided(second))
	w.wantDelivery(t, decided(second), ledger.DeliveryDelivered, 1, 200)
}
