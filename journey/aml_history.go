package journey

import (
	"cmp"
	"slices"
	"time"
)

// onAMLHistory takes the changes of the versions that were asked for. What the
// history leaves out is told with the next version that it has, or as the newest;
// where that is more than one version, a person is called.
func (s *State) onAMLHistory(h AMLHistory, now time.Time) []Effect {
	if s.AML.Asking == 0 || s.Verdict == nil || s.over() {
		s.AML.Asking, s.AML.AskedSeen = 0, nil
		return nil
	}
	to, asked := s.AML.Asking, s.AML.AskedSeen
	s.AML.Asking, s.AML.AskedSeen = 0, nil
	changes := slices.DeleteFunc(slices.Clone(h.Changes), func(c AMLChange) bool { return c.Version <= s.AML.Version || c.Version > to })
	slices.SortStableFunc(changes, func(a, b AMLChange) int { return cmp.Compare(a.Version, b.Version) })
	changes = slices.CompactFunc(changes, func(a, b AMLChange) bool { return a.Version == b.Version })
	s.nameRemoved(changes)
	rest := s.untold(changes)
	var effects []Effect
	for _, change := range changes {
		if change.Version > s.AML.Version+1 {
			change, rest = s.with(change, rest), AMLChange{}
		}
		effects = append(effects, s.tellVersion(change, now)...)
	}
	if s.AML.Version < to {
		rest.Changed = slices.Concat(rest.Changed, s.shownAbove(s.AML.Version, rest))
		effects = append(effects, s.tellVersion(s.with(AMLChange{Version: to}, rest), now)...)
		s.AML.Seen = s.Verdict.AML.keys()
		return effects
	}
	s.AML.Seen = asked // what changed again while we asked is compared with this
	return append(effects, s.onAML(0, now)...)
}

// tellVersion tells the change of one version.
func (s *State) tellVersion(c AMLChange, now time.Time) []Effect {
	c.Gap = c.Version > s.AML.Version+1
	s.AML.Version = c.Version
	effects := s.tellAML(c, now)
	if c.Gap {
		effects = append(effects, s.raise(AttentionAMLGap, "", now)...)
	}
	return effects
}

// with adds to a change what no version names.
func (s *State) with(c, rest AMLChange) AMLChange {
	c.Added = slices.Concat(c.Added, rest.Added)
	c.Changed = slices.Concat(c.Changed, rest.Changed)
	c.Removed = slices.Concat(c.Removed, rest.Removed)
	datasets := s.datasets(slices.Concat(rest.Added, rest.Changed))
	//workflowcheck:ignore (sums do not depend on the order)
	for dataset, n := range c.Datasets {
		datasets[dataset] += n
	}
	c.Datasets = datasets
	return c
}

// untold is what the result shows to have changed and none of the changes names.
func (s *State) untold(changes []AMLChange) AMLChange {
	named := func(id string) bool {
		return slices.ContainsFunc(changes, func(c AMLChange) bool {
			return slices.Contains(slices.Concat(c.Added, c.Changed, c.Removed), id)
		})
	}
	rest := compareAML(s.AML.Seen, s.Verdict.AML)
	rest.Added = slices.DeleteFunc(rest.Added, named)
	rest.Changed = slices.DeleteFunc(rest.Changed, named)
	rest.Removed = slices.DeleteFunc(rest.Removed, named)
	return rest
}

// shownAbove lists the matches that the result shows in a version above the one that
// was told last, apart from those of rest: they have changed once more since.
func (s *State) shownAbove(version int, rest AMLChange) (ids []string) {
	for _, m := range s.Verdict.AML.Matches {
		if m.Version > version && !slices.Contains(slices.Concat(rest.Added, rest.Changed), m.ID) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// datasets counts the datasets of the matches of these ids.
func (s *State) datasets(ids []string) map[string]int {
	counts := map[string]int{}
	for _, m := range s.Verdict.AML.Matches {
		if slices.Contains(ids, m.ID) {
			for _, dataset := range m.Datasets {
				counts[dataset]++
			}
		}
	}
	return counts
}
