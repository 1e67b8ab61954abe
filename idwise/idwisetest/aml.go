package idwisetest

import (
	"fmt"
	"slices"
	"strconv"

	"idjourney/idwise"
)

// AMLKind is what happens to a match.
type AMLKind string

// Monitoring adds, changes and removes matches; a reviewer whitelists them.
const (
	AMLAdded       AMLKind = "added"
	AMLChanged     AMLKind = "changed"
	AMLRemoved     AMLKind = "removed"
	AMLWhitelisted AMLKind = "whitelisted"
)

// AMLChange is one change of a journey's AML record, which becomes one version newer.
type AMLChange struct {
	Kind AMLKind `json:"change"`
	// MatchID names the match that is not added; "" for the newest.
	MatchID string `json:"match_id"`
	// Lost says that no attempt to deliver the change's webhooks arrives.
	Lost bool `json:"lost"`
}

// match is one AML match. Its version is that of the record which brought its state.
type match struct {
	id, resourceID string
	version        int
	datasets       []string
	status, update string
	whitelisted    bool
}

// listed says whether a match stands that nobody has whitelisted.
func (t truth) listed() bool {
	return slices.ContainsFunc(t.matches, func(m match) bool { return !m.whitelisted })
}

// changeAML makes one change and tells it twice, by two event types: that both are
// told, that whitelisting counts as a change of the record, and the words for what
// happened to a match are choices of ours. A manual decision stays, and with it the
// final one. v.mu is held.
func (v *Vendor) changeAML(s *state, c AMLChange) error {
	if s.now().phase != PhaseFinished {
		return errNotFinished
	}
	before := s.now()
	matches, err := before.changed(s.id, c)
	if err != nil {
		return err
	}
	v.change(s, func(t *truth) {
		t.aml, t.matches = t.aml+1, matches
		t.system = t.judged()
	})
	s.losing = c.Lost
	defer func() { s.losing = false }()
	t := s.now()
	v.emit(s, idwise.EventAMLMonitorUpdate, fields{
		"systemDecision": t.system, "previousSystemDecision": before.system, "updatedAMLVersionNumber": t.aml,
	})
	action := idwise.ActionAMLOGMUpdate
	if c.Kind == AMLWhitelisted {
		action = idwise.ActionAMLAmend
	}
	v.emit(s, idwise.EventUpdatedJourney, s.decisions().with("action", action))
	return nil
}

// changed are the matches after a change. Those before are left as they are.
func (t truth) changed(journeyID string, c AMLChange) ([]match, error) {
	version := t.aml + 1
	matches := slices.Clone(t.matches)
	if c.Kind == AMLAdded {
		n := strconv.Itoa(version)
		return append(matches, match{
			id: "match-" + journeyID + "-" + n, resourceID: "resource-" + n, version: version,
			datasets: []string{"sanctions"}, status: "Potential Match", update: "Added",
		}), nil
	}
	i := len(matches) - 1
	if c.MatchID != "" {
		i = slices.IndexFunc(matches, func(m match) bool { return m.id == c.MatchID })
	}
	if i < 0 {
		return nil, fmt.Errorf("there is no match %q to be %s", c.MatchID, c.Kind)
	}
	switch m := &matches[i]; c.Kind {
	case AMLChanged:
		m.version, m.update, m.datasets = version, "Changed", []string{"sanctions", "pep"}
	case AMLWhitelisted:
		m.version, m.whitelisted, m.status = version, true, "False Positive"
	case AMLRemoved:
		return slices.Delete(matches, i, i+1), nil
	default:
		return nil, fmt.Errorf("a match is %s, %s, %s or %s, not %q", AMLAdded, AMLChanged, AMLRemoved, AMLWhitelisted, c.Kind)
	}
	return matches, nil
}

// changesSince are the matches that the newest version touched, as they are after it.
func (t truth) changesSince(before truth) []match {
	var changes []match
	for _, m := range t.matches {
		if m.version == t.aml {
			changes = append(changes, m)
		}
	}
	for _, m := range before.matches {
		if !slices.ContainsFunc(t.matches, func(now match) bool { return now.id == m.id }) {
			m.version, m.update = t.aml, "Removed"
			changes = append(changes, m)
		}
	}
	return changes
}

// version is what was true when the AML record had a version, and was shown by t.
func (s *state) version(shown truth, version int) (truth, bool) {
	for _, t := range slices.Backward(s.truths) {
		if t.aml == version && !t.at.After(shown.at) {
			return t, version > 0
		}
	}
	return truth{}, false
}
