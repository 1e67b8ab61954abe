package activities

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.temporal.io/sdk/activity"

	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// maxCandidates limits the candidates of an ambiguous reference.
const maxCandidates = 10

// FetchSpotCheck fetches a spot check's result from the vendor and asks the ledger which
// journey it belongs to. The reference that links the two stays here and in the ledger.
// With a Link only the ledger is asked.
func (a *Activities) FetchSpotCheck(ctx context.Context, in journey.SpotFetchInput) (journey.SpotAnswer, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.SpotAnswer{}, err
	}
	if in.Link != "" {
		return a.lookUpLink(ctx, acc, in)
	}
	answer := journey.SpotAnswer{Policy: acc.config.Policy("")}
	result, err := acc.vendor.SpotCheck(ctx, in.SpotID)
	if err != nil {
		if answer.Problem = problem(err); answer.Problem == "" {
			return journey.SpotAnswer{}, vendorUnavailable(ctx, err)
		}
		return answer, nil
	}
	answer.Result = spotResult(result)
	answer.ReferenceHash = a.keyed("reference", result.ReferenceNumber)
	if err := a.bindSpotCheck(ctx, acc, in, result.ReferenceNumber, &answer); err != nil {
		return journey.SpotAnswer{}, retryable("ledger_unavailable", err, 0)
	}
	return answer, nil
}

// spotResult leaves out the person.
func spotResult(r *idwise.SpotCheckResult) *journey.SpotResult {
	result := &journey.SpotResult{System: clip(r.SystemDecision)}
	for _, key := range slices.Sorted(maps.Keys(r.RuleResults)) {
		if r.RuleResults[key].Result == "Failed" && len(result.FailedRules) < maxRules {
			result.FailedRules = append(result.FailedRules, clip(key))
		}
	}
	return result
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
	if known.JourneyID != "" {
		answer.Decided = &known
		return a.spotPolicy(ctx, acc, known.JourneyID, answer)
	}
	if answer.Claimed, err = a.underReference(ctx, in.Account, in.Claimed, reference); err != nil {
		return err
	}
	if reference != "" {
		found, err := a.ledger.NewestApproved(ctx, in.Account, reference)
		if err != nil {
			return err
		}
		answer.Candidates = found[:min(len(found), maxCandidates)]
	}
	if held, ok := answer.Held(in, activity.GetInfo(ctx).ScheduledTime); ok {
		if slices.Equal(known.Reasons, held.Reasons) {
			return nil // unchanged: it keeps the time since when it waits
		}
		return a.ledger.SaveSpotCheck(ctx, held, reference)
	}
	journeyID, _, _ := answer.Binding(in.Claimed)
	return a.spotPolicy(ctx, acc, journeyID, answer)
}

// underReference reports whether the ledger has the journey under the reference.
func (a *Activities) underReference(ctx context.Context, account, journeyID, reference string) (bool, error) {
	if journeyID == "" || reference == "" {
		return false, nil
	}
	known, err := a.ledger.Journey(ctx, account, journeyID)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return err == nil && known.Reference == reference, err
}

// lookUpLink reports whether the ledger has the journey that an operator named.
func (a *Activities) lookUpLink(ctx context.Context, acc *account, in journey.SpotFetchInput) (journey.SpotAnswer, error) {
	answer := journey.SpotAnswer{Policy: acc.config.Policy("")}
	_, err := a.ledger.Journey(ctx, in.Account, in.Link)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return answer, nil
	case err == nil:
		answer.Linked = true
		err = a.spotPolicy(ctx, acc, in.Link, &answer)
	}
	if err != nil {
		return journey.SpotAnswer{}, retryable("ledger_unavailable", err, 0)
	}
	return answer, nil
}

// spotPolicy sets the policy of the journey's flow; the account's policy remains if no
// journey is bound or its flow is not known.
func (a *Activities) spotPolicy(ctx context.Context, acc *account, journeyID string, answer *journey.SpotAnswer) error {
	if journeyID == "" {
		return nil
	}
	known, err := a.ledger.Journey(ctx, acc.config.Name, journeyID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	for _, flow := range acc.config.Flows { // the ledger stores the flow's configured name
		if known.Flow != "" && (flow.Name == known.Flow || flow.Name == "" && flow.ID == known.Flow) {
			answer.Policy = acc.config.Policy(flow.ID)
		}
	}
	return nil
}

// recordSpotCheck records the outcome of a spot check before any message is sent.
func (a *Activities) recordSpotCheck(ctx context.Context, d journey.SpotDecision) error {
	reference := ""
	if d.JourneyID != "" {
		known, err := a.ledger.Journey(ctx, d.Account, d.JourneyID)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			return err
		}
		reference = known.Reference
	}
	return a.ledger.SaveSpotCheck(ctx, d, reference)
}
