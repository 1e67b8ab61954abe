package starter

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/workflows"
)

// signalSpotCheck puts e into the history of its spot check's workflow, which it
// starts if none is open: one that was decided before goes on where the ledger says.
func (t *TemporalSignaler) signalSpotCheck(ctx context.Context, e journey.Event) error {
	spotID := e.Hint.SpotCheck
	if !idwise.ValidID(spotID) {
		return errors.New("signalling spot check: its id cannot be used")
	}
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	id := journey.SpotCheckWorkflowID(e.Account, spotID)
	_, err := t.client.SignalWithStartWorkflow(ctx, id, journey.SignalEvent, e, client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             t.taskQueue,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttributeAccount.ValueSet(e.Account),
			workflows.AttributePhase.ValueSet(string(journey.PhaseSpotCheck)),
		),
		StaticSummary: "Spot check " + spotID + " of account " + e.Account,
	}, journey.SpotCheckWorkflowName, journey.SpotStart{Account: e.Account, SpotID: spotID, Rules: journey.SpotRules})
	if err != nil {
		return fmt.Errorf("signalling spot check: %w", err)
	}
	return nil
}
