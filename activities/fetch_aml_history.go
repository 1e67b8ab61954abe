package activities

import (
	"context"
	"slices"
	"strings"

	"idjourney/idwise"
	"idjourney/journey"
)

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

// change is the only place that interprets a version of the history. The vendor does not
// document whether an answer holds all matches of the version or only the changed ones: if
// any match names the version that last changed it, those that name this version are the
// change, otherwise all are.
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
