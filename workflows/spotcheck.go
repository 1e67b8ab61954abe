package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// SpotCheck is the workflow of one spot check.
func (w *Workflows) SpotCheck(ctx workflow.Context, raw converter.RawValue) (string, error) {
	return interpret(ctx, spotChecks, w.options, raw)
}

var spotChecks = kind[journey.SpotState]{
	name:    journey.SpotCheckWorkflowName,
	noun:    "spot check",
	known:   known{journey.MinSpotRules, journey.SpotRules, journey.SpotStateVersion},
	open:    journey.OpenSpot,
	migrate: journey.MigrateSpot,
	bind: func(s journey.SpotState, rules int) journey.SpotState {
		s.Rules = rules
		return s
	},
	apply:  journey.SpotApply,
	rested: func(_, _ journey.SpotState) bool { return false },
	due:    func(journey.SpotState) string { return "fetch the spot check again if nothing comes" },
	check:  func(s journey.SpotState, in journey.Input) error { return s.CheckLink(*in.Linked) },
	// A link waits for the ledger's answer about the journey.
	answered: func(s journey.SpotState, cancelled bool) (bool, error) {
		switch {
		case s.Link == nil:
			return true, s.LinkRefused()
		case cancelled && !s.Look.UnderWay:
			return true, errRunCanceled
		default:
			return false, nil
		}
	},
	handle: handleSpotCheck,
}

// handleSpotCheck registers the update of a spot check.
func handleSpotCheck(ctx workflow.Context, i *interpreter[journey.SpotState]) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, journey.UpdateLink,
		func(ctx workflow.Context, l journey.SpotLink) error {
			if len(i.updates) > 0 { // accepted at the same moment
				return journey.ErrLinking
			}
			return i.act(ctx, journey.Input{Linked: &l})
		},
		workflow.UpdateHandlerOptions{
			Description: "Says which journey an unbound spot check belongs to: journeyId, actor, reason.",
			Validator: func(_ workflow.Context, l journey.SpotLink) error {
				switch {
				case i.cancelled():
					return errRunCanceled
				case len(i.updates) > 0:
					return journey.ErrLinking
				default:
					return i.state.CheckLink(l)
				}
			},
		})
}
