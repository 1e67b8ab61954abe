package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"idjourney/journey"
)

// The search attributes; `idjourney setup` creates them.
var (
	AttributePhase     = temporal.NewSearchAttributeKeyKeyword("JourneyPhase")
	AttributeStanding  = temporal.NewSearchAttributeKeyKeyword("JourneyStanding")
	AttributeAccount   = temporal.NewSearchAttributeKeyKeyword("JourneyAccount")
	AttributeFlow      = temporal.NewSearchAttributeKeyKeyword("JourneyFlow")
	AttributeReference = temporal.NewSearchAttributeKeyKeyword("JourneyReference")
	AttributeAttention = temporal.NewSearchAttributeKeyKeyword("JourneyAttention")
	AttributeDueAt     = temporal.NewSearchAttributeKeyTime("JourneyDueAt")
)

// show updates the summary for operators, which is free, and the search attributes, which
// cost an Action: once when the journey comes to rest.
func (i *interpreter[S]) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, i.state.Describe())
	if !i.state.AtRest() {
		return
	}
	now := i.state.Attributes()
	if worthShowing(now) == worthShowing(i.shown) {
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
	all := []temporal.SearchAttributeUpdate{AttributePhase.ValueSet(string(now.Phase))}
	keyword := func(key temporal.SearchAttributeKeyKeyword, was, is string) {
		switch {
		case is != "":
			all = append(all, key.ValueSet(is))
		case was != "":
			all = append(all, key.ValueUnset())
		}
	}
	keyword(AttributeStanding, string(old.Standing), string(now.Standing))
	keyword(AttributeFlow, old.Flow, now.Flow)
	keyword(AttributeReference, old.Reference, now.Reference)
	keyword(AttributeAttention, string(old.Attention), string(now.Attention))
	switch {
	case !now.DueAt.IsZero():
		all = append(all, AttributeDueAt.ValueSet(now.DueAt))
	case !old.DueAt.IsZero():
		all = append(all, AttributeDueAt.ValueUnset())
	}
	return all
}
