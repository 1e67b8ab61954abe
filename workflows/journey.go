// Package workflows is the interpreter: it receives inputs, calls journey.Apply, runs the
// effects as activities, feeds their answers back, and continues as new. It contains no
// rule about identities; those are in package journey.
//
// One interpreter (interpreter.go) runs journeys and spot checks (journey.go). Only its
// loop changes the state. Signals, lanes and update handlers only append to the inbox, so
// that Apply takes its inputs in the order of the history.
package workflows

import (
	"errors"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"idjourney/config"
	"idjourney/journey"
)

// Limits are the time-outs and retries of one activity. They come from the worker's
// configuration, never from history, so that they can change for running journeys.
type Limits = config.ActivityOptions

// Retry is an activity's retry policy.
type Retry = config.Retry

// Options is what the interpreter takes from the worker's configuration.
type Options struct {
	// Limits returns the limits of one of our own activities, by its name.
	Limits func(activity string) Limits
	// StepLimits returns the limits of a declared custom step of an account.
	StepLimits func(account, step string) Limits
	// Deliveries is the task queue of the messages to endpoints. It is separate so that a
	// hanging endpoint occupies no slot of other work. Empty: the workflow's own queue.
	Deliveries string
	// MaxEvents is the length of history above which a run continues as new; 300 if 0.
	// Tests lower it.
	MaxEvents int
}

// Workflows holds the workflow functions and their options.
type Workflows struct{ options Options }

// New returns the workflow functions, to be registered under explicit names.
func New(options Options) *Workflows { return &Workflows{options: options} }

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
