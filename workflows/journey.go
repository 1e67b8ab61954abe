package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// Journey is the workflow of one journey.
func (w *Workflows) Journey(ctx workflow.Context, raw converter.RawValue) (string, error) {
	return interpret(ctx, journeys, w.options, raw)
}

var journeys = kind[journey.State]{
	name:    journey.WorkflowName,
	known:   known{journey.MinRules, journey.Rules, journey.StateVersion},
	open:    journey.Open,
	migrate: journey.Migrate,
	bind: func(s journey.State, rules int) journey.State {
		s.Rules = rules
		return s
	},
	apply: journey.Apply,
	rested: func(before, after journey.State) bool {
		return after.Phase != before.Phase && after.Phase == journey.Settled
	},
	due: func(s journey.State) string {
		if due := s.Deadline(); due.Equal(s.Look.At) || due.Equal(s.Look.WishAt) {
			return "fetch from IDWise again if nothing comes while " + string(s.Phase)
		}
		return "a reminder or a deadline is due while " + string(s.Phase)
	},
	check: func(s journey.State, in journey.Input) error {
		if in.Reviewed != nil {
			return s.CheckReview(*in.Reviewed)
		}
		return s.CheckAct(*in.Acted)
	},
	handle: handleJourney,
}

// acts are the operators' acts other than the review. Each requires actor and reason.
var acts = []struct{ name, text string }{
	{journey.UpdateOverride, "Decides in the place of everybody: outcome, and the sequence of the standing that was seen."},
	{journey.UpdateRefresh, "Fetches from IDWise now, and clears what a fetch clears."},
	{journey.UpdateRetryStep, "Runs a custom step again that has answered: step."},
	{journey.UpdateEnd, "Ends the relationship: nothing wakes the journey again."},
	{journey.UpdateErase, "Erases the personal data at IDWise and in the ledger."},
}

// handleJourney registers the queries and updates of a journey.
func handleJourney(ctx workflow.Context, i *interpreter[journey.State]) error {
	act := func(ctx workflow.Context, in journey.Input) (journey.Acted, error) {
		if err := i.act(ctx, in); err != nil {
			return journey.Acted{}, err
		}
		return journey.Acted{Phase: i.state.Phase, Standing: i.state.Standing}, nil
	}
	err := workflow.SetQueryHandlerWithOptions(ctx, journey.QueryState,
		func() (journey.State, error) { return i.state, nil },
		workflow.QueryHandlerOptions{Description: "The whole state of the journey."})
	if err != nil {
		return err
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, journey.UpdateReview,
		func(ctx workflow.Context, r journey.Reviewed) (journey.Acted, error) {
			return act(ctx, journey.Input{Reviewed: &r})
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
				return act(ctx, journey.Input{Acted: &a})
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
