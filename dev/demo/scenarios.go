package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

const (
	approved = journey.OutcomeApproved
	rejected = journey.OutcomeRejected
	onHold   = journey.OutcomeOnHold
)

// scenarios is the table of all stories. temporal-away comes last, because it
// stops Temporal for all.
func scenarios() []scenario {
	return []scenario{
		{name: "approved", decisions: []journey.Outcome{approved}, phase: journey.Settled, maxActions: maxHappyActions, play: playApproved},
		{name: "face-mismatch", decisions: []journey.Outcome{rejected}, phase: journey.Settled, play: playFaceMismatch},
		{name: "referred-approved", decisions: []journey.Outcome{approved}, phase: journey.Settled, play: playReferredApproved},
		{name: "government-down", phase: journey.AwaitingReview, play: playGovernmentDown},
		{name: "duplicated-reordered", decisions: []journey.Outcome{approved}, phase: journey.Settled, play: playDuplicatedReordered},
		{name: "aml-change", decisions: []journey.Outcome{approved, onHold}, phase: journey.AwaitingReview, play: playAMLChange},
		{name: "unknown-journey", phase: journey.Unknown, play: playUnknownJourney},
		{name: "resubmitted", decisions: []journey.Outcome{approved}, phase: journey.Settled, play: playResubmitted},
		{name: "renewed", decisions: []journey.Outcome{approved, approved}, phase: journey.Settled, play: playRenewed},
		{name: "renewal-missed", decisions: []journey.Outcome{approved, onHold}, phase: journey.AwaitingReview, play: playRenewalMissed},
		{name: "aml-gap", decisions: []journey.Outcome{approved, onHold}, phase: journey.AwaitingReview, loses: true, play: playAMLGap},
		{name: "spot-check-failed", decisions: []journey.Outcome{approved}, phase: journey.AwaitingReview, play: playSpotCheckFailed},
		{name: "adopted", decisions: []journey.Outcome{approved}, phase: journey.Settled, loses: true, play: playAdopted},
		{name: "operator-overrides", decisions: []journey.Outcome{rejected, approved}, phase: journey.Settled, play: playOperatorOverrides},
		{name: "ended", decisions: []journey.Outcome{approved}, phase: journey.Ended, play: playEnded},
		{name: "temporal-away", decisions: []journey.Outcome{approved}, phase: journey.Settled, alone: true, play: playTemporalAway},
	}
}

// approved: straight through, with a matching government face.
func playApproved(ctx context.Context, r *run) error {
	if err := r.begin(world.Account, "approve"); err != nil {
		return err
	}
	if err := r.decided(ctx); err != nil {
		return err
	}
	return r.faceSubmitted(1)
}

// face-mismatch: the government's face is another one's; IDWise refers, and its
// reviewer rejects.
func playFaceMismatch(ctx context.Context, r *run) error {
	if err := r.begin(world.Account, "face-mismatch"); err != nil {
		return err
	}
	m, err := r.message(ctx, journey.MessageDecided, 1)
	if err != nil {
		return err
	}
	if d := m.Data.Decision; d.Source != journey.SourceVendorReview || d.System != journey.Refer || d.Manual != journey.Rejected {
		return fmt.Errorf("the decision rests on system %q, manual %q, source %q: not on a review of what was referred", d.System, d.Manual, d.Source)
	}
	return r.faceSubmitted(1)
}

// referred-approved: a rule failed, IDWise refers, its reviewer approves.
func playReferredApproved(ctx context.Context, r *run) error {
	if err := r.begin(world.Account, "refer"); err != nil {
		return err
	}
	if err := r.reviewed(ctx, journey.Approved); err != nil {
		return err
	}
	return r.decided(ctx)
}

// government-down: the register cannot say whose face it is. A person decides, and the
// vendor's journey does not hang.
func playGovernmentDown(ctx context.Context, r *run) error {
	if err := r.begin(world.AccountDown, "approve"); err != nil {
		return err
	}
	m, err := r.message(ctx, journey.MessageReviewRequired, 1)
	if err != nil {
		return err
	}
	if m.Data.Review.Kind != journey.ReviewLocal {
		return fmt.Errorf("the review is %s, want a local one", m.Data.Review.Kind)
	}
	snap := r.world.Vendor.Journey(r.journeyID)
	if !snap.Completed || snap.Phase != idwisetest.PhaseFinished {
		return fmt.Errorf("the vendor's journey was left hanging in %s", snap.Phase)
	}
	if r.world.DownRegister.Requests() < 2 {
		return errors.New("the government was not asked a second time")
	}
	return r.faceSubmitted(0)
}

// duplicated-reordered: every webhook comes three times, old ones after newer ones.
func playDuplicatedReordered(ctx context.Context, r *run) error {
	if err := r.begin(world.Account, "approve"); err != nil {
		return err
	}
	// The last copy of an event comes six times as late as this: on a busy machine,
	// too, after a newer event.
	r.world.Vendor.SetJourneyFaults(r.journeyID, idwisetest.Faults{Duplicate: 3, Reorder: time.Second})
	if err := r.decided(ctx); err != nil {
		return err
	}
	r.line.say("waiting for the last copies")
	snap, err := r.world.Vendor.Await(ctx, r.journeyID, allDelivered)
	if err != nil {
		return err
	}
	if err := wereDisturbed(snap.Webhooks); err != nil {
		return err
	}
	return r.faceSubmitted(1)
}

// wereDisturbed makes sure that it happened as the scenario says: three copies of each event,
// and a copy of the first event after the last event's first one.
func wereDisturbed(webhooks []idwisetest.Webhook) error {
	copies := map[string]int{}
	for _, w := range webhooks {
		copies[w.EventID]++
	}
	for id, n := range copies {
		if n != 3 {
			return fmt.Errorf("event %s was sent %d times, want 3", id, n)
		}
	}
	if len(copies) < 2 {
		return fmt.Errorf("%d events were sent, too few for any order", len(copies))
	}
	old, young := webhooks[2], webhooks[len(webhooks)-3]
	if !arrived(old).After(arrived(young)) {
		return errors.New("no old event arrived after a newer one")
	}
	return nil
}

func arrived(w idwisetest.Webhook) time.Time { return w.Attempts[len(w.Attempts)-1].At }

// unknown-journey: the portal's test event names a journey that IDWise does not know.
func playUnknownJourney(ctx context.Context, r *run) error {
	began := time.Now()
	test, err := r.world.Vendor.SendTestEvent(ctx)
	if err != nil {
		return err
	}
	if test.Status != http.StatusOK {
		return fmt.Errorf("the test event was answered %d, want 200", test.Status)
	}
	r.watch(world.Account, test.JourneyID, "the test event was answered 200; IDWise is asked about it for a while")
	if _, err := r.rest(ctx, r.journeyID, journey.Unknown); err != nil {
		return err
	}
	if took, least := time.Since(began), r.world.Config.Policy.UnknownAfter; took < least {
		return fmt.Errorf("it was closed after %v, before unknown_after (%v)", took, least)
	}
	if n := len(r.world.Customer.Journey(r.journeyID)); n > 0 {
		return fmt.Errorf("the customer was told %d things about a journey that does not exist", n)
	}
	return nil
}

// faceSubmitted checks how often a face was submitted at the vendor.
func (r *run) faceSubmitted(want int) error {
	if got := r.world.Vendor.Journey(r.journeyID).CustomStepSubmissions; got != want {
		return fmt.Errorf("%d faces were submitted at the vendor, want %d", got, want)
	}
	return nil
}
