package activities

import (
	"context"
	"slices"
	"strings"

	"idjourney/idwise"
	"idjourney/journey"
)

// maxVersions bounds the versions that one call looks up; the journey asks on.
const maxVersions = 20

// FetchAMLHistory asks the vendor what each of some versions of the AML record
// changed. A version that it does not tell is left out and named by the problem; the
// others are answered all the same.
func (a *Activities) FetchAMLHistory(ctx context.Context, in journey.AMLInput) (journey.AMLHistory, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.AMLHistory{}, err
	}
	var answer journey.AMLHistory
	vendor, from := acc.vendor, max(in.From, 1)
	for version := from; version <= min(in.To, from+maxVersions-1); version++ {
		history, err := vendor.AMLHistory(ctx, in.JourneyID, version)
		vendor = acc.next
		if err == nil {
			answer.Changes = append(answer.Changes, a.change(version, history.Matches))
			continue
		}
		switch answer.Problem = problem(err); answer.Problem {
		case "":
			return journey.AMLHistory{}, vendorUnavailable(ctx, err)
		case journey.ProblemDenied:
			return answer, nil // a mistake of ours, which the next version would only repeat
		}
	}
	return answer, nil
}

// change is the one place that reads a version of the history. What is published
// leaves open whether an answer holds all matches of the version or only what it
// changed: if any match names the version that brought it, those that name this one
// are the change, else all are.
func (a *Activities) change(version int, matches []idwise.AMLMatch) journey.AMLChange {
	change := journey.AMLChange{Version: version, Datasets: map[string]int{}}
	named := slices.ContainsFunc(matches, func(m idwise.AMLMatch) bool { return m.AMLRecordVersion != 0 })
	var rest []string // beyond the bound, folded into one
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

// count adds up the datasets of what was added or changed; what went makes nothing
// more severe.
func count(sums map[string]int, datasets []string) {
	for _, dataset := range datasets {
		if sums[dataset] > 0 || len(sums) < maxRules {
			sums[dataset]++
		}
	}
}

// kindOfChange reads ongoing_monitor_update_type, an open set of which no value is
// documented: what it does not seem to say was changed.
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
