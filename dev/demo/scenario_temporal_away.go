package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"idjourney/dev/world"
	"idjourney/idwise/idwisetest"
)

// journeysAway is how many journeys go on at the vendor while Temporal is away.
const journeysAway = 3

// errNotPlayed says why a scenario says nothing, neither good nor bad.
var errNotPlayed = errors.New("not played, the outside Temporal is not ours to stop")

// temporal-away: Temporal is stopped. IDWise gets its 200 all the same, and the
// journeys are decided once Temporal is back.
func playTemporalAway(ctx context.Context, r *run) error {
	if !r.world.OwnsTemporal() {
		return errNotPlayed
	}
	r.line.say("stopping Temporal")
	if err := r.world.PauseTemporal(); err != nil {
		return err
	}
	told := r.journeysWhileAway(ctx)
	r.line.say("starting Temporal again")
	if err := r.world.ResumeTemporal(ctx); err != nil {
		return errors.Join(told, err)
	}
	if told != nil {
		return told
	}
	return r.decided(ctx)
}

func (r *run) journeysWhileAway(ctx context.Context) error {
	if err := r.begin(world.Account, "approve"); err != nil {
		return err
	}
	for range journeysAway - 1 {
		id, err := r.another(world.Account, "", "approve")
		if err != nil {
			return err
		}
		r.others = append(r.others, id)
	}
	r.line.say("Temporal is stopped; webhooks come in")
	for _, id := range r.all() {
		sent := func(s idwisetest.Snapshot) bool { return s.Phase == idwisetest.PhaseUserDone && allTried(s) }
		snap, err := r.world.Vendor.Await(ctx, id, sent)
		if err != nil {
			return err
		}
		if err := answered200(snap); err != nil {
			return err
		}
	}
	waiting, _, err := r.world.Ledger.PendingWebhooks(ctx)
	if err != nil {
		return err
	}
	if waiting < journeysAway {
		return fmt.Errorf("%d webhooks wait in the ledger, want %d", waiting, journeysAway)
	}
	// A load balancer has to see the difference between this and a fault.
	if r.world.Ready(ctx, "") == nil {
		return errors.New("/readyz is green while Temporal is away")
	}
	return r.world.Ready(ctx, "exclude=temporal&exclude=search_attributes")
}

// all are the journeys of the story.
func (r *run) all() []string { return append([]string{r.journeyID}, r.others...) }

func allTried(s idwisetest.Snapshot) bool {
	for _, w := range s.Webhooks {
		if len(w.Attempts) == 0 {
			return false
		}
	}
	return len(s.Webhooks) > 0
}

func allDelivered(s idwisetest.Snapshot) bool {
	for _, w := range s.Webhooks {
		if w.State != idwisetest.Delivered {
			return false
		}
	}
	return len(s.Webhooks) > 0
}

// answered200 makes sure that every webhook was taken at its first attempt.
func answered200(s idwisetest.Snapshot) error {
	for _, w := range s.Webhooks {
		if first := w.Attempts[0]; first.Status != http.StatusOK {
			return fmt.Errorf("%s was answered %d %s, want 200", w.Event, first.Status, first.Error)
		}
	}
	return nil
}
