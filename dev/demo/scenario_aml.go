package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
	"idjourney/journey"
)

// matchedLater is a journey that a reviewer approved and in which monitoring finds a
// sanctions match long after it has come to rest.
func (r *run) matchedLater(ctx context.Context) error {
	if err := r.begin(world.Account, "refer"); err != nil {
		return err
	}
	if err := r.reviewed(ctx, journey.Approved); err != nil {
		return err
	}
	if err := r.decided(ctx); err != nil {
		return err
	}
	if _, err := r.rest(ctx, r.journeyID, journey.Settled); err != nil {
		return err
	}
	r.line.say("monitoring at IDWise finds a sanctions match")
	if err := r.world.Vendor.AMLMatch(r.journeyID); err != nil {
		return err
	}
	if _, err := r.message(ctx, journey.MessageAMLChanged, 1); err != nil {
		return err
	}
	_, err := r.message(ctx, journey.MessageDecided, 2)
	return err
}

// aml-change: a reviewer approved; then monitoring finds a sanctions match, while
// the vendor's final decision goes on saying Approved.
func playAMLChange(ctx context.Context, r *run) error {
	if err := r.matchedLater(ctx); err != nil {
		return err
	}
	change := r.messages(r.journeyID, journey.MessageAMLChanged)[0]
	second := r.messages(r.journeyID, journey.MessageDecided)[1]
	if len(change.Data.AML.Added) != 1 {
		return fmt.Errorf("aml.changed tells of %d new matches, want 1", len(change.Data.AML.Added))
	}
	if d := second.Data.Decision; d.Sequence != 2 || d.Supersedes != 1 {
		return fmt.Errorf("the second decision is number %d and supersedes %d", d.Sequence, d.Supersedes)
	}
	if final := r.world.Vendor.Journey(r.journeyID).Final; final != journey.Approved {
		return fmt.Errorf("the vendor's final decision is %s, want Approved still", final)
	}
	return r.heldEverywhere(ctx)
}

// aml-gap: the webhooks of a change never arrive; the next change tells that one is
// missing, and the history at IDWise says what it was.
func playAMLGap(ctx context.Context, r *run) error {
	if err := r.matchedLater(ctx); err != nil {
		return err
	}
	if _, err := r.rest(ctx, r.journeyID, journey.AwaitingReview); err != nil {
		return err
	}
	r.line.say("a change whose webhooks are lost, and then one more")
	for _, c := range []idwisetest.AMLChange{{Kind: idwisetest.AMLChanged, Lost: true}, {Kind: idwisetest.AMLAdded}} {
		if err := r.world.Vendor.ChangeAML(r.journeyID, c); err != nil {
			return err
		}
	}
	if _, err := r.message(ctx, journey.MessageAMLChanged, 3); err != nil {
		return err
	}
	var told []string
	for _, m := range r.messages(r.journeyID, journey.MessageAMLChanged) {
		a := m.Data.AML
		told = append(told, fmt.Sprintf("version %d: %d added, %d changed, gap %t", a.Version, len(a.Added), len(a.Changed), a.Gap))
	}
	want := []string{"version 1: 1 added, 0 changed, gap false", "version 2: 0 added, 1 changed, gap false", "version 3: 1 added, 0 changed, gap false"}
	if !slices.Equal(told, want) {
		return fmt.Errorf("the changes were told as %q, want each version as it was: %q", told, want)
	}
	j, err := r.shown(ctx, func(j apiJourney) bool { return len(j.Alerts) == 3 })
	if err != nil {
		return fmt.Errorf("waiting for three alerts: %w", err)
	}
	if allDelivered(r.world.Vendor.Journey(r.journeyID)) {
		return errors.New("no webhook was lost, the story was not told")
	}
	return j.says(journey.StatusOnHold, onHold, 2)
}
