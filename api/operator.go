package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/workflows"
)

const (
	readyWait  = 50 * time.Millisecond // before an update is sent again
	actTimeout = 10 * time.Second      // of a caller's wait for a workflow's answer
)

// ErrClosed says that the workflow is closed, so it cannot take an update.
var ErrClosed = errors.New("the workflow is closed")

// errNoAnswer says that an act was sent and its outcome is unknown.
var errNoAnswer = errors.New("the workflow did not answer")

// Refused is a workflow's refusal of an act. Sentence is ours, without personal data.
type Refused struct{ Sentence string }

// Error is the sentence.
func (r *Refused) Error() string { return r.Sentence }

var _ Operator = (*TemporalOperator)(nil)

// TemporalOperator acts by workflow updates.
type TemporalOperator struct {
	client    client.Client
	taskQueue string
}

// NewOperator returns an operator for the namespace that c is connected to.
func NewOperator(c client.Client, taskQueue string) *TemporalOperator {
	return &TemporalOperator{client: c, taskQueue: taskQueue}
}

// Act sends an update to a journey. A refresh or an erasure starts the journey again
// if it is closed; for all other updates a closed journey is ErrClosed.
func (t *TemporalOperator) Act(ctx context.Context, account, journeyID, update string, arg any) (acted journey.Acted, err error) {
	if !idwise.ValidID(journeyID) {
		return acted, errors.New("acting on a journey: its id cannot be used")
	}
	send := t.client.UpdateWorkflow
	if update == journey.UpdateRefresh || update == journey.UpdateErase {
		send = func(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			start := workflows.JourneyOptions(account, journeyID, t.taskQueue)
			start.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
			return t.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
				StartWorkflowOperation: t.client.NewWithStartWorkflowOperation(start, journey.WorkflowName,
					journey.Start{Account: account, JourneyID: journeyID, Rules: journey.Rules}),
				UpdateOptions: o,
			})
		}
	}
	err = sendUpdate(ctx, send, journey.WorkflowID(account, journeyID), update, arg, &acted)
	return acted, err
}

// Link sends the update link to a spot check.
func (t *TemporalOperator) Link(ctx context.Context, account, spotCheckID string, arg any) error {
	if !idwise.ValidID(spotCheckID) {
		return errors.New("linking a spot check: its id cannot be used")
	}
	return sendUpdate(ctx, t.client.UpdateWorkflow, journey.SpotCheckWorkflowID(account, spotCheckID), journey.UpdateLink, arg, nil)
}

// sendUpdate sends an update again while the workflow is not ready, because a signal arrived
// just as the run continued as new. Nothing was done then, and the update's id keeps it from
// being done twice.
func sendUpdate(
	ctx context.Context, send func(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error),
	workflowID, update string, arg, answer any,
) error {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	options := client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateName: update, UpdateID: rand.Text(),
		Args: []any{arg}, WaitForStage: client.WorkflowUpdateStageCompleted,
	}
	for {
		handle, err := send(ctx, options)
		if err == nil {
			err = handle.Get(ctx, answer)
		}
		if _, notReady := errors.AsType[*serviceerror.WorkflowNotReady](err); !notReady {
			return answered(update, err)
		}
		select {
		case <-ctx.Done():
			return answered(update, err)
		case <-time.After(readyWait):
		}
	}
}

// answered says what an update's error means. If the workflow closed before an accepted
// update ended, the outcome is unknown.
func answered(update string, err error) error {
	var refused *temporal.ApplicationError
	var closed *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Type() != closedOverUpdate:
		return &Refused{Sentence: refused.Message()}
	case errors.As(err, &closed):
		return ErrClosed
	default:
		return fmt.Errorf("sending the update %s: %w: %w", update, errNoAnswer, err)
	}
}

// closedOverUpdate is the type of the error that the server gives for an accepted
// update whose workflow closed before it ended.
const closedOverUpdate = "AcceptedUpdateCompletedWorkflow"
