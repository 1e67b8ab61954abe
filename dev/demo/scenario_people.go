package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// backoffice is the name of the API's token, and so the actor of what is done by it.
const backoffice = "backoffice"

// operator-overrides: the reviewer at IDWise rejected; an operator of the customer's
// knows better and says why.
func playOperatorOverrides(ctx context.Context, r *run) error {
	if err := r.begin(world.Account, "refer-reject"); err != nil {
		return err
	}
	if err := r.decided(ctx); err != nil {
		return err
	}
	if _, err := r.rest(ctx, r.journeyID, journey.Settled); err != nil {
		return err
	}
	stale := map[string]any{"outcome": approved, "sequence": 0, "reason": "I saw another decision"}
	if err := r.refused(ctx, "override", stale); err != nil {
		return err
	}
	r.line.say("an operator overrides the rejection")
	if err := r.act(ctx, "override", map[string]any{"outcome": approved, "sequence": 1, "reason": "proof seen at the branch"}); err != nil {
		return err
	}
	m, err := r.message(ctx, journey.MessageDecided, 2)
	if err != nil {
		return err
	}
	if d := m.Data.Decision; d.Source != journey.SourceOperator || d.DecidedBy != backoffice || d.Supersedes != 1 {
		return fmt.Errorf("decision 2 is %s's (%s) and supersedes %d, want the operator's", d.Source, d.DecidedBy, d.Supersedes)
	}
	j, err := r.shown(ctx, func(j apiJourney) bool { return j.Standing != nil && j.Standing.Sequence == 2 })
	if err != nil {
		return err
	}
	return j.says(journey.StatusApproved, approved, 2)
}

// refused makes sure that an act is answered 409.
func (r *run) refused(ctx context.Context, what string, body any) error {
	resp, err := r.ask(ctx, http.MethodPost, r.own()+"/"+what, nil, body, nil)
	if err == nil && resp.code != http.StatusConflict {
		err = fmt.Errorf("the API answers %s to %s, want 409", resp.text, what)
	}
	return err
}

// spot-check-failed: the person who uses an approved account is not the one who was
// verified. The spot check names only the reference; a person has to decide, and until
// then the approval stands.
func playSpotCheckFailed(ctx context.Context, r *run) error {
	if err := r.settledBy(ctx, "", "approve"); err != nil {
		return err
	}
	r.line.say("a spot check at IDWise fails")
	if _, err := r.world.Vendor.SpotCheck(r.journeyID, idwisetest.SpotCheckRequest{}); err != nil {
		return err
	}
	m, err := r.message(ctx, journey.MessageSpotCheckDecided, 1)
	if err != nil {
		return err
	}
	if m.Data.SpotCheck == nil || m.Data.Outcome != journey.SpotFailed {
		return errors.New("spot_check.decided does not say failed")
	}
	review, err := r.message(ctx, journey.MessageReviewRequired, 1)
	if err != nil {
		return err
	}
	if got := review.Data.Review; got.Kind != journey.ReviewLocal || got.Reason != "spot_check_failed" {
		return fmt.Errorf("the review is %s for %s, want a local one for spot_check_failed", got.Kind, got.Reason)
	}
	j, err := r.shown(ctx, func(j apiJourney) bool { return j.Review != nil })
	if err != nil {
		return err
	}
	return j.says(journey.StatusApproved, approved, 1)
}

// ended: the customer leaves. What IDWise still sends is answered 200 and kept, and
// reaches no workflow.
func playEnded(ctx context.Context, r *run) error {
	if err := r.settledBy(ctx, "", "approve"); err != nil {
		return err
	}
	r.line.say("the customer leaves")
	if err := r.act(ctx, "end-relationship", map[string]string{"reason": "account closed"}); err != nil {
		return err
	}
	if _, err := r.rest(ctx, r.journeyID, journey.Ended); err != nil {
		return err
	}
	told := len(r.world.Customer.Journey(r.journeyID))
	if err := r.world.Vendor.AMLMatch(r.journeyID); err != nil {
		return err
	}
	if _, err := r.rest(ctx, r.journeyID, journey.Ended); err != nil {
		return err
	}
	if n := len(r.world.Customer.Journey(r.journeyID)); n != told {
		return fmt.Errorf("%d more messages came after the end", n-told)
	}
	return r.refused(ctx, "refresh", map[string]string{"reason": "is it still there?"})
}
