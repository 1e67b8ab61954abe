package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"idjourney/dev/history"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
)

// finish waits until the journey is at rest, writes down what it came to and what
// it cost, and says what is not as it should be.
func (r *run) finish(ctx context.Context, result *Result) error {
	r.line.say("waiting for the journey to come to rest")
	var problems []error
	for _, id := range r.all() {
		chain, err := r.rest(ctx, id, r.phase)
		if err == nil {
			err = r.noFailedTasks(ctx, chain)
		}
		// The report has the decisions even if the journey does not rest.
		got, wrong := r.outcomes(context.WithoutCancel(ctx), id)
		if err == nil && wrong == nil && !slices.Equal(got, r.decisions) {
			wrong = fmt.Errorf("journey %s ended in %s", id, ending(got, r.phase))
		}
		problems = append(problems, err, wrong)
		if id == r.journeyID {
			result.Got, result.Decisions = r.got(got, err), len(got)
			result.cost(chain.Total)
		}
	}
	if n := result.Actions; r.maxActions > 0 && n > r.maxActions {
		problems = append(problems, fmt.Errorf("it cost %d Actions, at most %d are allowed: %v", n, r.maxActions, result.ActionsByKind))
	}
	return errors.Join(problems...)
}

// got tells the ending; one that did not come to rest has no phase to tell.
func (r *run) got(decisions []journey.Outcome, err error) string {
	if err != nil && len(decisions) == 0 {
		return "nothing"
	}
	return ending(decisions, r.phase)
}

func (r *Result) cost(total history.Counts) {
	r.Actions, r.HistoryEvents, r.HistoryBytes, r.ActionsByKind = total.Actions, total.Events, total.Bytes, total.ByKind
}

// outcomes reads a journey's decisions from the customer's endpoint, which took
// only what was signed, and from the ledger. Both must agree, and
// no message may say that idjourney needs a person.
func (r *run) outcomes(ctx context.Context, journeyID string) ([]journey.Outcome, error) {
	received := r.received(journeyID)
	kept, err := r.world.Ledger.Decisions(ctx, r.account, journeyID)
	if err != nil {
		return nil, err
	}
	var got []journey.Outcome
	for _, d := range received {
		got = append(got, d.Outcome)
	}
	if len(received) != len(kept) {
		return got, fmt.Errorf("the customer received %d decisions, the ledger has %d", len(received), len(kept))
	}
	for i, d := range kept {
		if received[i].ID != journey.DecisionID(r.account, journeyID, i+1) || !sameDecision(received[i], d) {
			return got, fmt.Errorf("decision %d is %s for the customer and %s in the ledger", i+1, received[i].Outcome, d.Outcome)
		}
	}
	if called := r.messages(journeyID, journey.MessageAttention); len(called) > 0 {
		return got, fmt.Errorf("a person was called: %s", called[0].Data.Attention.Code)
	}
	return got, r.standing(ctx, journeyID, got)
}

// received are the decisions that the customer received. An adopted one is sent as a
// baseline: how it came about stays in the ledger.
func (r *run) received(journeyID string) []notify.Decision {
	var all []notify.Decision
	for _, m := range r.world.Customer.Journey(journeyID) {
		switch {
		case m.Data.Account != r.account:
		case m.Data.Decision != nil:
			all = append(all, *m.Data.Decision)
		case m.Data.Standing != nil:
			all = append(all, notify.Decision{ID: m.ID, Sequence: m.Data.Standing.Sequence, Outcome: m.Data.Standing.Outcome})
		}
	}
	return all
}

// sameDecision compares what says what was decided, and why.
func sameDecision(received notify.Decision, kept journey.Decision) bool {
	if kept.Adopted {
		return received.ID == kept.ID && received.Sequence == kept.Sequence && received.Outcome == kept.Outcome
	}
	return received.ID == kept.ID && received.Sequence == kept.Sequence && received.Outcome == kept.Outcome &&
		received.Source == kept.Source && received.Supersedes == kept.Supersedes && slices.Equal(received.Reasons, kept.Reasons) &&
		received.PolicyVersion == kept.PolicyVersion && received.System == kept.System && received.Final == kept.Final
}

// standing makes sure that the ledger says the same to a customer who asks.
func (r *run) standing(ctx context.Context, journeyID string, decisions []journey.Outcome) error {
	j, err := r.world.Ledger.Journey(ctx, r.account, journeyID)
	switch {
	case errors.Is(err, ledger.ErrNotFound) && len(decisions) == 0:
		return nil // IDWise knows no such journey
	case err != nil:
		return err
	case j.Standing.Sequence != len(decisions):
		return fmt.Errorf("the ledger's standing is decision %d of %d", j.Standing.Sequence, len(decisions))
	case len(decisions) > 0 && j.Standing.Outcome != decisions[len(decisions)-1]:
		return fmt.Errorf("the ledger's standing is %s", j.Standing.Outcome)
	case j.Phase != r.phase:
		return fmt.Errorf("the ledger's phase is %s, want %s", j.Phase, r.phase)
	}
	return nil
}
