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

// AMLChange is one change of a journey's AML record, which increases its version by one.
type AMLChange struct {
	Kind AMLKind `json:"change"`
	// MatchID names the match to change; "" for the newest. An added match ignores it.
	MatchID string `json:"match_id"`
	// Lost says that every attempt to deliver the change's webhooks fails.
	Lost bool `json:"lost"`
}

// match is one AML match. Its version is that of the record that last changed it.
type match struct {
	id, resourceID string
	version        int
	datasets       []string
	status, update string
	whitelisted    bool
}

// listed reports whether there is a match that is not whitelisted.
func (t truth) listed() bool {
	return slices.ContainsFunc(t.matches, func(m match) bool { return !m.whitelisted })
}

// changeAML makes one change and reports it in two events. That both are sent, that
// whitelisting counts as a change of the record, and the values for what happened to a match
// are our choices. A manual decision stays, and with it the final one. v.mu is held.
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

// changed returns the matches after a change and leaves the previous ones unmodified.
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

// changesSince returns the matches that the newest version changed, in their new state.
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
