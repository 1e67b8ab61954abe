package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// Why an update that was accepted is refused after all.
var (
	errNextRun     = errors.New("the spot check is beginning a new run: try again")
	errRunCanceled = errors.New("an operator cancelled the run: a later event, or a refresh, starts it again")
)

// linking is an accepted update: what the ledger says of the journey, and other news of
// the same moment, decide whether the link is taken.
type linking struct {
	link    *journey.SpotLink
	told    bool // to SpotApply
	done    bool
	refused error
}

// handle registers what people may ask of a spot check.
func (i *spotInterpreter) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, journey.QueryState,
		func() (journey.SpotState, error) { return i.state, nil },
		workflow.QueryHandlerOptions{Description: "The whole state of the spot check."})
	if err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, journey.UpdateLink,
		func(ctx workflow.Context, l journey.SpotLink) error {
			if i.linking != nil { // accepted at the same moment
				return journey.ErrLinking
			}
			own := &linking{link: &l}
			i.linking = own
			i.inbox = append(i.inbox, journey.SpotInput{Linked: &l})
			if err := workflow.Await(ctx, func() bool { return own.done }); err != nil {
				return err
			}
			return own.refused
		},
		workflow.UpdateHandlerOptions{
			Description: "Says which journey an unbound spot check belongs to: journeyId, actor, reason.",
			Validator: func(_ workflow.Context, l journey.SpotLink) error {
				if i.cancelled() {
					return errRunCanceled
				}
				if i.linking != nil {
					return journey.ErrLinking
				}
				return i.state.CheckLink(l)
			},
		})
}

// checkLink refuses a link that other news of the same moment have made needless.
func (i *spotInterpreter) checkLink(in journey.SpotInput) {
	if in.Linked == nil || i.linking == nil || i.linking.link != in.Linked {
		return
	}
	i.linking.told = true
	if err := i.state.CheckLink(*in.Linked); err != nil {
		i.refuseLink(err)
	}
}

// answerLink answers the update once its link has been looked at, or never will be.
func (i *spotInterpreter) answerLink() {
	switch {
	case i.linking == nil || !i.linking.told:
	case i.state.Link == nil:
		i.refuseLink(i.state.LinkRefused())
	case i.cancelled() && !i.state.Looking:
		i.refuseLink(errRunCanceled)
	}
}

// refuseLink answers the update that waits, if one does; with nil it was taken.
func (i *spotInterpreter) refuseLink(err error) {
	if i.linking == nil {
		return
	}
	i.linking.done, i.linking.refused = true, err
	i.linking = nil
}
