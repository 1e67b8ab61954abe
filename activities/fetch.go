package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"idjourney/calendar"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// Fetch fetches the journey's result from the vendor and returns the verdict in it, with
// the policy of its flow. "No such journey" and "not allowed" are answers, not failures:
// the journey decides what they mean.
func (a *Activities) Fetch(ctx context.Context, in journey.FetchInput) (answer journey.FetchAnswer, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	if in.Hinted && !acc.hints.Allow() && early(activity.GetInfo(ctx)) {
		a.measure.HintsPostponed.Add(ctx, in.Account)
		return answer, postponed("hints_over_budget", "the account's budget of fetches that webhooks cause is used up", 2*time.Second)
	}
	answer.Policy = acc.config.Policy("")
	if in.WantBaseline {
		if answer.Baseline, answer.Known, err = a.baseline(ctx, in); err != nil {
			return answer, err
		}
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	if answer.Problem, err = problem(ctx, err); err != nil || answer.Problem != "" {
		return answer, err
	}
	answer.Policy = acc.config.Policy(result.FlowID)
	verdict := a.verdict(result)
	answer.Verdict = &verdict
	answer.Ladders = ladders(acc.config.Ladders(result.FlowID), in, verdict, time.Now())
	answer.ReferenceHash = a.keyed("reference", result.ReferenceNumber)
	// The phase is that of the request: the vendor may have been slow, and the journey may
	// have moved on.
	err = a.ledger.SaveJourney(ctx, ledger.Journey{
		Account: in.Account, JourneyID: in.JourneyID, Reference: result.ReferenceNumber,
		Flow: answer.Policy.Flow, Phase: in.Phase, UpdatedAt: in.At,
	})
	return answer, ledgerError(err)
}

// early says that more than half of the activity's time is left. A hint waits for the
// account's budget no longer: it must not end as an outage of IDWise.
func early(info activity.Info) bool {
	return info.ScheduleToCloseTimeout <= 0 || time.Since(info.ScheduledTime) < info.ScheduleToCloseTimeout/2
}

// ladders returns the declared ladders as instants, if they may be needed: that of a
// review when the vendor has decided; those of AML alerts when there are matches or, since
// all may have been removed, when the journey was finished before.
func ladders(declared []calendar.Declared, in journey.FetchInput, v journey.Verdict, now time.Time) (list []journey.Ladder) {
	reviewed := v.Final != "" && v.Final != journey.Incomplete
	alerted := len(v.AML.Matches) > 0 || v.AML.Applicability == "Applicable" &&
		slices.Contains([]journey.Phase{journey.Settled, journey.AwaitingReview, journey.AwaitingResubmission}, in.Phase)
	for _, d := range declared {
		switch {
		case d.Name == journey.LadderReview && reviewed:
			list = append(list, d.Ladder(in.Clock, now))
		case d.Name != journey.LadderReview && alerted:
			list = append(list, d.Ladder(journey.Clock{}, now))
		}
	}
	return list
}

// baseline is the ledger's standing of a journey whose workflow has none, because it was
// closed; nil if nothing was ever decided. Known says that the ledger has the journey's
// flow.
func (a *Activities) baseline(ctx context.Context, in journey.FetchInput) (standing *journey.Standing, known bool, err error) {
	j, err := a.journey(ctx, in.Account, in.JourneyID)
	if err != nil || j.Standing.Sequence == 0 {
		return nil, j.Flow != "", ledgerError(err)
	}
	return &j.Standing, true, nil
}

// maxVersions limits the versions fetched by one activity; the journey requests the rest.
const maxVersions = 20

// FetchAMLHistory fetches what some versions of the AML record changed. A version that the
// vendor does not return is left out and named by the problem; the others are returned all
// the same.
func (a *Activities) FetchAMLHistory(ctx context.Context, in journey.AMLInput) (answer journey.AMLHistory, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	vendor, from := acc.vendor, max(in.From, 1)
	for version := from; version <= min(in.To, from+maxVersions-1); version++ {
		history, err := vendor.AMLHistory(ctx, in.JourneyID, version)
		vendor = acc.next
		refusal, err := problem(ctx, err)
		switch {
		case err != nil:
			return answer, err
		case refusal == "":
			answer.Changes = append(answer.Changes, a.change(version, history.Matches))
			continue
		}
		answer.Problem = refusal
		if refusal == journey.ProblemDenied {
			break // a mistake of ours, which every further version would repeat
		}
	}
	return answer, nil
}

// change interprets a version of the history. The vendor does not document whether it holds
// all matches or only the changed ones: if any match names the version that last changed it,
// those that name this version are the change, otherwise all are.
func (a *Activities) change(version int, matches []idwise.AMLMatch) journey.AMLChange {
	change := journey.AMLChange{Version: version, Datasets: map[string]int{}}
	named := slices.ContainsFunc(matches, func(m idwise.AMLMatch) bool { return m.AMLRecordVersion != 0 })
	var rest []string // beyond the limit, folded into one
	for _, m := range matches {
		if named && m.AMLRecordVersion != version {
			continue
		}
		match := a.match(m)
		ids := kindOfChange(&change, m.OngoingMonitorUpdateType)
		if ids != &change.Removed {
			count(change.Datasets, match.Datasets)
		}
		if len(change.Added)+len(change.Removed)+len(change.Changed) >= maxMatches {
			rest = append(rest, match.ID)
			continue
		}
		*ids = append(*ids, match.ID)
	}
	if len(rest) > 0 {
		change.Changed = append(change.Changed, "and-more-"+a.keyed("matches", rest...))
	}
	for _, ids := range []*[]string{&change.Added, &change.Removed, &change.Changed} {
		slices.Sort(*ids)
	}
	return change
}

// count adds up the datasets of added and changed matches; a removed match makes nothing
// more severe.
func count(sums map[string]int, datasets []string) {
	for _, dataset := range datasets {
		if sums[dataset] > 0 || len(sums) < maxRules {
			sums[dataset]++
		}
	}
}

// kindOfChange interprets ongoing_monitor_update_type, an open set without documented
// values: anything unrecognised counts as a change.
func kindOfChange(change *journey.AMLChange, updateType string) *[]string {
	said := strings.ToLower(updateType)
	switch {
	case strings.Contains(said, "remov"):
		return &change.Removed
	case strings.Contains(said, "add"), strings.Contains(said, "new"):
		return &change.Added
	default:
		return &change.Changed
	}
}

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
// reference may refer to, and the policy if exactly one matches. Without a journey, the
// ledger holds the spot check for an operator, with its reference.
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
