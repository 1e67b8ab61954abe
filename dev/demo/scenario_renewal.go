package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"idjourney/dev/world"
	"idjourney/idwise"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// mustSubmit waits until the customer knows what the user has to submit again, by a
// notification and by the API, where the standing is as before.
func (r *run) mustSubmit(ctx context.Context, kind journey.MessageType, steps int) (apiJourney, error) {
	m, err := r.message(ctx, kind, 1)
	if err != nil {
		return apiJourney{}, err
	}
	if m.Data.Resubmission == nil || len(m.Data.RequiredSteps) != steps {
		return apiJourney{}, fmt.Errorf("%s does not name the %d steps", kind, steps)
	}
	j, err := r.shown(ctx, func(j apiJourney) bool { return j.Phase == journey.AwaitingResubmission })
	if err == nil && (j.CustomerStatus != journey.StatusActionRequired || len(j.RequiredSteps) != steps) {
		err = fmt.Errorf("the API says %s and names %d steps, want action_required and %d", j.CustomerStatus, len(j.RequiredSteps), steps)
	}
	return j, err
}

// resubmitted: IDWise refers, its reviewer wants document and selfie again, the user
// submits them. The government's face is compared with the new selfie.
func playResubmitted(ctx context.Context, r *run) error {
	if err := r.beginIn(world.Account, world.HurriedFlow, "refer"); err != nil {
		return err
	}
	if _, err := r.message(ctx, journey.MessageReviewRequired, 1); err != nil {
		return err
	}
	r.line.say("the reviewer at IDWise wants document and selfie again")
	if err := r.world.Vendor.RequestResubmission(r.journeyID); err != nil {
		return err
	}
	if _, err := r.mustSubmit(ctx, journey.MessageResubmissionRequired, 2); err != nil {
		return err
	}
	r.line.say("the user submits them")
	if err := r.world.Vendor.Resubmit(r.journeyID, ""); err != nil {
		return err
	}
	if err := r.decided(ctx); err != nil {
		return err
	}
	if n := r.world.Vendor.Journey(r.journeyID).CompleteCalls; n != 2 {
		return fmt.Errorf("IDWise was called %d times for Complete Custom Step, want once for each round", n)
	}
	return r.faceSubmitted(1) // a rule had failed the first time, so no face was compared
}

// settledBy begins a journey and waits until it has been approved and rests.
func (r *run) settledBy(ctx context.Context, flow, script string) error {
	if err := r.beginIn(world.Account, flow, script); err != nil {
		return err
	}
	if err := r.decided(ctx); err != nil {
		return err
	}
	_, err := r.rest(ctx, r.journeyID, journey.Settled)
	return err
}

// renewed: after years the document has run out, and the user renews it. What was
// decided stands all the while; what IDWise then finds is a decision of its own.
func playRenewed(ctx context.Context, r *run) error {
	if err := r.settledBy(ctx, world.PlainFlow, "no-custom-step"); err != nil {
		return err
	}
	r.line.say("years later: a renewal is due")
	if err := r.world.Vendor.RenewalDue(r.journeyID); err != nil {
		return err
	}
	j, err := r.mustSubmit(ctx, journey.MessageRenewalDue, 1)
	if err != nil {
		return err
	}
	if j.Standing == nil || j.Standing.Outcome != approved {
		return errors.New("a renewal that is due takes the approval away")
	}
	r.line.say("the user renews the document")
	if err := r.world.Vendor.Resubmit(r.journeyID, ""); err != nil {
		return err
	}
	j, err = r.shown(ctx, func(j apiJourney) bool {
		return j.Phase == journey.Settled && j.Standing != nil && j.Standing.Sequence == 2
	})
	if err != nil {
		return fmt.Errorf("waiting for the renewal's end: %w", err)
	}
	return j.says(journey.StatusApproved, approved, 2)
}

// renewal-missed: the user does not renew. When IDWise says so and our own deadline has
// passed, too, the policy puts the customer on hold.
func playRenewalMissed(ctx context.Context, r *run) error {
	if err := r.settledBy(ctx, world.HurriedFlow, "approve"); err != nil {
		return err
	}
	r.line.say("years later: a renewal is due")
	if err := r.world.Vendor.RenewalDue(r.journeyID); err != nil {
		return err
	}
	if _, err := r.mustSubmit(ctx, journey.MessageRenewalDue, 1); err != nil {
		return err
	}
	r.line.say("the user does not renew")
	if err := r.world.Vendor.RenewalMissed(r.journeyID); err != nil {
		return err
	}
	if _, err := r.message(ctx, journey.MessageRenewalOverdue, 1); err != nil {
		return err
	}
	m, err := r.message(ctx, journey.MessageDecided, 2)
	if err != nil {
		return err
	}
	if d := m.Data.Decision; d.Source != journey.SourcePolicy || len(d.Reasons) != 1 || d.Reasons[0] != "renewal_missed" {
		return fmt.Errorf("the second decision is %s's for %q, want the policy's for renewal_missed", d.Source, d.Reasons)
	}
	j, err := r.shown(ctx, func(j apiJourney) bool { return j.CustomerStatus == journey.StatusOnHold })
	if err != nil {
		return fmt.Errorf("waiting for the hold: %w", err)
	}
	return j.says(journey.StatusOnHold, onHold, 2)
}

// adopted: a customer from before our time. IDWise decided long ago, and only now
// comes a first webhook: what was decided is a baseline and no news.
func playAdopted(ctx context.Context, r *run) error {
	if err := r.beginIn(world.Account, world.OldFlow, "no-custom-step"); err != nil {
		return err
	}
	r.world.Vendor.SetJourneyFaults(r.journeyID, idwisetest.Faults{Drop: true})
	r.line.say("IDWise decides, and no webhook arrives")
	finished := func(s idwisetest.Snapshot) bool { return s.Phase == idwisetest.PhaseFinished }
	if _, err := r.world.Vendor.Await(ctx, r.journeyID, finished); err != nil {
		return err
	}
	if err := r.longAgo(ctx); err != nil {
		return err
	}
	r.world.Vendor.SetJourneyFaults(r.journeyID, idwisetest.Faults{})
	r.line.say("long after: a first webhook")
	if err := r.world.Vendor.Update(r.journeyID, idwise.ActionStepUpdate); err != nil {
		return err
	}
	if _, err := r.message(ctx, journey.MessageAdopted, 1); err != nil {
		return err
	}
	if n := len(r.messages(r.journeyID, journey.MessageDecided)); n > 0 {
		return fmt.Errorf("%d decisions were told as news", n)
	}
	j, err := r.shown(ctx, func(j apiJourney) bool { return j.Adopted })
	if err != nil {
		return fmt.Errorf("waiting for the adoption: %w", err)
	}
	return j.says(journey.StatusApproved, approved, 1)
}

// longAgo waits until what IDWise decided is so old that the flow adopts it.
func (r *run) longAgo(ctx context.Context) error {
	truths := r.world.Vendor.Journey(r.journeyID).Truths
	decided := truths[len(truths)-1].At
	return r.until(ctx, func() error {
		if age := time.Since(decided); age < world.OldAfter {
			return fmt.Errorf("it was decided only %v ago", age)
		}
		return nil
	})
}
