package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"idjourney/journey"
)

// JourneyOptions are the options of every start of a journey. A closed journey may be
// started again.
func JourneyOptions(account, journeyID, taskQueue string) client.StartWorkflowOptions {
	return startOptions(journey.WorkflowID(account, journeyID), account, taskQueue, journey.AwaitingUserSteps,
		"Journey "+journeyID+" of account "+account)
}

// SpotCheckOptions are the options of every start of a spot check.
func SpotCheckOptions(account, spotCheckID, taskQueue string) client.StartWorkflowOptions {
	return startOptions(journey.SpotCheckWorkflowID(account, spotCheckID), account, taskQueue, journey.PhaseSpotCheck,
		"Spot check "+spotCheckID+" of account "+account)
}

func startOptions(id, account, taskQueue string, phase journey.Phase, summary string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: taskQueue, StaticSummary: summary,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			AttributeAccount.ValueSet(account), AttributePhase.ValueSet(string(phase)),
		),
	}
}
