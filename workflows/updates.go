package workflows

import (
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// handle registers what people may ask of a journey.
func (i *interpreter) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, journey.QueryState,
		func() (journey.State, error) { return i.state, nil },
		workflow.QueryHandlerOptions{Description: "The whole state of the journey."})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, journey.UpdateReview,
		func(ctx workflow.Context, r journey.Reviewed) (journey.Acted, error) {
			return i.act(ctx, journey.Input{Reviewed: &r})
		},
		workflow.UpdateHandlerOptions{
			Description: "Ends a local review (outcome approved or rejected) or an AML alert (disposition): its id, actor, reason.",
			Validator:   func(_ workflow.Context, r journey.Reviewed) error { return i.state.CheckReview(r) },
		})
	if err != nil {
		return err
	}
	for _, u := range acts {
		err := workflow.SetUpdateHandlerWithOptions(ctx, u.name,
			func(ctx workflow.Context, a journey.Act) (journey.Acted, error) {
				a.Kind = u.name
				return i.act(ctx, journey.Input{Acted: &a})
			},
			workflow.UpdateHandlerOptions{
				Description: u.text,
				Validator: func(_ workflow.Context, a journey.Act) error {
					a.Kind = u.name
					return i.state.CheckAct(a)
				},
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// acts are what operators do beside the review. Each needs actor and reason.
var acts = []struct{ name, text string }{
	{journey.UpdateOverride, "Decides in the place of everybody: outcome, and the sequence of the standing that was seen."},
	{journey.UpdateRefresh, "Looks at IDWise now, and clears what a look clears."},
	{journey.UpdateRetryStep, "Runs a custom step again that has answered: step."},
	{journey.UpdateEnd, "Ends the relationship: nothing wakes the journey again."},
	{journey.UpdateErase, "Erases the personal data at IDWise and in the ledger."},
}

// waiting is an accepted update: the validator saw the state before other news of
// the same moment, so only telling says whether the act could still be done.
type waiting struct {
	told    bool
	refused error
}

// act lets the loop tell Step, and answers what came of it.
func (i *interpreter) act(ctx workflow.Context, in journey.Input) (journey.Acted, error) {
	w := &waiting{}
	i.updates[key(in)] = w
	i.inbox = append(i.inbox, in)
	if err := workflow.Await(ctx, func() bool { return w.told }); err != nil {
		return journey.Acted{}, err
	}
	return journey.Acted{Phase: i.state.Phase, Standing: i.state.Standing}, w.refused
}

// check answers the update that brought this input, if one did.
func (i *interpreter) check(in journey.Input) {
	w := i.updates[key(in)]
	if w == nil {
		return
	}
	delete(i.updates, key(in))
	w.told = true
	if in.Reviewed != nil {
		w.refused = i.state.CheckReview(*in.Reviewed)
	} else {
		w.refused = i.state.CheckAct(*in.Acted)
	}
}

// key is the pointer that an update's input is known by.
func key(in journey.Input) any {
	if in.Reviewed != nil {
		return in.Reviewed
	}
	return in.Acted
}
