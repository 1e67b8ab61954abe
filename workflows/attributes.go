package workflows

import (
	"context"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// The search attributes; `idjourney setup` creates them.
var (
	phaseKey     = temporal.NewSearchAttributeKeyKeyword("JourneyPhase")
	standingKey  = temporal.NewSearchAttributeKeyKeyword("JourneyStanding")
	accountKey   = temporal.NewSearchAttributeKeyKeyword("JourneyAccount")
	flowKey      = temporal.NewSearchAttributeKeyKeyword("JourneyFlow")
	referenceKey = temporal.NewSearchAttributeKeyKeyword("JourneyReference")
	attentionKey = temporal.NewSearchAttributeKeyKeyword("JourneyAttention")
	dueAtKey     = temporal.NewSearchAttributeKeyTime("JourneyDueAt")
)

// SearchAttributes returns the name and type of every search attribute that the namespace
// needs. If one is missing, no journey can start.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	all := map[string]enumspb.IndexedValueType{}
	for _, key := range []temporal.SearchAttributeKey{phaseKey, standingKey, accountKey, flowKey, referenceKey, attentionKey, dueAtKey} {
		all[key.GetName()] = key.GetValueType()
	}
	return all
}

// MissingAttributes means that Temporal is reachable but its namespace lacks search
// attributes, or has them with another type.
type MissingAttributes struct{ Names []string }

// Error names the attributes and what to do.
func (e *MissingAttributes) Error() string {
	return "search attributes are missing or of another type: " + strings.Join(e.Names, ", ") + "; run idjourney setup"
}

// CheckSearchAttributes checks that the namespace has all search attributes. It returns
// *MissingAttributes if not, and any other error if the check fails.
func CheckSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	known, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("listing search attributes: %w", err)
	}
	var missing []string
	for name, kind := range SearchAttributes() {
		if known.GetCustomAttributes()[name] != kind {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return &MissingAttributes{Names: missing}
	}
	return nil
}

// JourneyOptions are the options of every start of a journey. A closed journey may be
// started again.
func JourneyOptions(account, journeyID, taskQueue string) client.StartWorkflowOptions {
	return startOptions(journey.WorkflowID(account, journeyID), account, taskQueue, journey.AwaitingUserSteps, "Journey "+journeyID)
}

// SpotCheckOptions are the options of every start of a spot check.
func SpotCheckOptions(account, spotCheckID, taskQueue string) client.StartWorkflowOptions {
	return startOptions(journey.SpotCheckWorkflowID(account, spotCheckID), account, taskQueue, journey.PhaseSpotCheck, "Spot check "+spotCheckID)
}

func startOptions(id, account, taskQueue string, phase journey.Phase, summary string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: taskQueue, StaticSummary: summary + " of account " + account,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(accountKey.ValueSet(account), phaseKey.ValueSet(string(phase))),
	}
}

// show updates the summary for operators, which is free, and the search attributes, which
// cost an Action: once when the journey comes to rest.
func (i *interpreter[S]) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, i.state.Describe())
	now := i.state.Attributes()
	if !i.state.AtRest() || worthShowing(now) == worthShowing(i.shown) {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, changed(i.shown, now)...); err != nil {
		// The SDK refuses only an invalid update; a missing attribute fails the task.
		panic(err)
	}
	i.shown = now
}

// worthShowing drops DueAt: a moved deadline alone is not worth an Action.
func worthShowing(a journey.Attributes) journey.Attributes {
	a.DueAt = journey.Attributes{}.DueAt
	return a
}

func changed(old, now journey.Attributes) []temporal.SearchAttributeUpdate {
	all := []temporal.SearchAttributeUpdate{phaseKey.ValueSet(string(now.Phase))}
	keyword := func(key temporal.SearchAttributeKeyKeyword, was, is string) {
		switch {
		case is != "":
			all = append(all, key.ValueSet(is))
		case was != "":
			all = append(all, key.ValueUnset())
		}
	}
	keyword(standingKey, string(old.Standing), string(now.Standing))
	keyword(flowKey, old.Flow, now.Flow)
	keyword(referenceKey, old.Reference, now.Reference)
	keyword(attentionKey, string(old.Attention), string(now.Attention))
	switch {
	case !now.DueAt.IsZero():
		all = append(all, dueAtKey.ValueSet(now.DueAt))
	case !old.DueAt.IsZero():
		all = append(all, dueAtKey.ValueUnset())
	}
	return all
}
