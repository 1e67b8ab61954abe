package workflows

import (
	"errors"

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
	noun:    "journey",
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

// handleJourney registers the updates of a journey.
func handleJourney(ctx workflow.Context, i *interpreter[journey.State]) error {
	failed := handleAct(ctx, i, journey.UpdateReview,
		"Ends a local review (outcome approved or rejected) or an AML alert (disposition): its id, actor, reason.",
		func(r journey.Reviewed) journey.Input { return journey.Input{Reviewed: &r} })
	for _, u := range acts {
		failed = errors.Join(failed, handleAct(ctx, i, u.name, u.text, func(a journey.Act) journey.Input {
			a.Kind = u.name
			return journey.Input{Acted: &a}
		}))
	}
	return failed
}

func handleAct[A any](ctx workflow.Context, i *interpreter[journey.State], name, text string, input func(A) journey.Input) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, name,
		func(ctx workflow.Context, a A) (journey.Acted, error) {
			if err := i.act(ctx, input(a)); err != nil {
				return journey.Acted{}, err
			}
			return journey.Acted{Phase: i.state.Phase, Standing: i.state.Standing}, nil
		},
		workflow.UpdateHandlerOptions{
			Description: text,
			Validator:   func(_ workflow.Context, a A) error { return i.check(i.state, input(a)) },
		})
}
