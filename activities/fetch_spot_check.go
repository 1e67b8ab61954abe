package activities

import (
	"context"
	"errors"
	"slices"

	"go.temporal.io/sdk/activity"

	"idjourney/journey"
	"idjourney/ledger"
)

// maxCandidates limits the candidates of an ambiguous reference.
const maxCandidates = 10

// FetchSpotCheck fetches a spot check's result from the vendor and asks the ledger which
// journey it belongs to. The reference that links the two stays here and in the ledger.
// With a Link, it only asks whether the ledger has the journey that an operator named.
func (a *Activities) FetchSpotCheck(ctx context.Context, in journey.SpotFetchInput) (answer journey.SpotAnswer, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	if in.Link != "" {
		linked, err := a.journey(ctx, in.Account, in.Link)
		return journey.SpotAnswer{Policy: acc.policyOf(linked), Linked: linked.JourneyID != ""}, ledgerError(err)
	}
	answer.Policy = acc.config.Policy("")
	result, err := acc.vendor.SpotCheck(ctx, in.SpotID)
	if answer.Problem, err = problem(ctx, err); err != nil || answer.Problem != "" {
		return answer, err
	}
	answer.Result = &journey.SpotResult{System: clip(result.SystemDecision), FailedRules: failedRules(result.RuleResults)} // without the person
	answer.ReferenceHash = a.keyed("reference", result.ReferenceNumber)
	return answer, ledgerError(a.bindSpotCheck(ctx, acc, in, result.ReferenceNumber, &answer))
}

// bindSpotCheck adds what the ledger knows: an earlier decision, the journeys that the
// reference may refer to, and the policy if exactly one matches. A spot check without a
// journey is held in the ledger for an operator, with its reference, which no history
// contains.
func (a *Activities) bindSpotCheck(ctx context.Context, acc *account, in journey.SpotFetchInput, reference string, answer *journey.SpotAnswer) error {
	known, err := a.ledger.SpotCheck(ctx, in.Account, in.SpotID)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	journeyID := known.JourneyID
	if journeyID != "" {
		answer.Decided = &known
	} else {
		if reference != "" {
			if err := a.candidates(ctx, in, reference, answer); err != nil {
				return err
			}
		}
		if unbound, ok := answer.Unbound(in, activity.GetInfo(ctx).ScheduledTime); ok {
			if slices.Equal(known.Reasons, unbound.Reasons) {
				return nil // unchanged: it keeps the time since when it waits
			}
			return a.ledger.SaveSpotCheck(ctx, unbound, reference)
		}
		journeyID, _, _ = answer.Binding(in.Claimed)
	}
	bound, err := a.journey(ctx, in.Account, journeyID)
	answer.Policy = acc.policyOf(bound)
	return err
}

// candidates adds whether the ledger has the claimed journey under the reference, and the
// approved journeys that it has under it.
func (a *Activities) candidates(ctx context.Context, in journey.SpotFetchInput, reference string, answer *journey.SpotAnswer) error {
	claimed, err := a.journey(ctx, in.Account, in.Claimed)
	if err != nil {
		return err
	}
	answer.Claimed = claimed.Reference == reference
	found, err := a.ledger.NewestApproved(ctx, in.Account, reference)
	answer.Candidates = found[:min(len(found), maxCandidates)]
	return err
}

// policyOf is the policy of the journey's flow; the account's if the flow is not known.
func (acc *account) policyOf(j ledger.Journey) journey.Policy {
	for _, flow := range acc.config.Flows { // the ledger stores the flow's configured name
		if j.Flow != "" && (flow.Name == j.Flow || flow.Name == "" && flow.ID == j.Flow) {
			return acc.config.Policy(flow.ID)
		}
	}
	return acc.config.Policy("")
}
