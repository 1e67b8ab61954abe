package journey

import (
	"slices"
	"strconv"
	"time"
)

// Alert is one AML change that waits for a person's disposition.
type Alert struct {
	ID       string    `json:"id"`
	Version  int       `json:"version,omitempty"`
	Severity Severity  `json:"severity"`
	Since    time.Time `json:"since"`
	// Matches are the ids of the matches that were added or changed, Removed of
	// those that went.
	Matches []string `json:"matches,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// Changes counts the changes that the alert stands for; above the bound of open
	// alerts a further change joins the newest.
	Changes int    `json:"changes"`
	Ladder  Ladder `json:"ladder,omitzero"`
}

const (
	// maxAlerts bounds the open alerts: a further change joins the newest.
	maxAlerts = 16
	// maxAlertIDs bounds the ids of matches that an alert names.
	maxAlertIDs = 50
)

// severity is that of the most severe dataset concerned. What only went is low.
func (s *State) severity(c AMLChange) Severity {
	if len(c.Added)+len(c.Changed) == 0 {
		return SeverityLow
	}
	worst, listed := SeverityLow, false
	for _, d := range s.Policy.AML {
		if c.Datasets[d.Dataset] > 0 {
			worst, listed = moreSevere(worst, d.Severity), true
		}
	}
	if !listed {
		return SeverityMedium
	}
	return worst
}

func moreSevere(a, b Severity) Severity {
	order := []Severity{SeverityLow, SeverityMedium, SeverityHigh}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// openAlert opens the alert of a change, or lets the change join the newest, and
// returns its id.
func (s *State) openAlert(c AMLChange, now time.Time) string {
	matches := slices.Concat(c.Added, c.Changed)
	if n := len(s.AML.Alerts); n >= maxAlerts {
		last := &s.AML.Alerts[n-1]
		last.Changes++
		last.Version, last.Severity = c.Version, moreSevere(last.Severity, c.Severity)
		last.Matches, last.Removed = bounded(last.Matches, matches), bounded(last.Removed, c.Removed)
		// Nobody disposes of what joined after they looked.
		last.ID = messageID("alr", s.Account, s.JourneyID, last.ID, strconv.Itoa(last.Changes))
		return last.ID
	}
	parts := slices.Concat([]string{s.Account, s.JourneyID, strconv.Itoa(c.Version), now.Format(time.RFC3339Nano)}, matches, c.Removed)
	alert := Alert{
		ID: messageID("alr", parts...), Version: c.Version, Severity: c.Severity, Since: now, Changes: 1,
		Matches: bounded(nil, matches), Removed: bounded(nil, c.Removed), Ladder: s.ladder(AlertLadder(c.Severity), now),
	}
	s.AML.Alerts = append(s.AML.Alerts, alert)
	return alert.ID
}

func bounded(ids, more []string) []string {
	all := slices.Concat(ids, more)
	return all[:min(len(all), maxAlertIDs)]
}

func (s State) alert(id string) *Alert {
	for i := range s.AML.Alerts {
		if s.AML.Alerts[i].ID == id && id != "" {
			return &s.AML.Alerts[i]
		}
	}
	return nil
}

// dispose ends an alert. A true match is the customer: rejected. Matches that are
// not, or that are accepted, stand against nothing any more; if that was all that
// the journey was held for, the person has approved it.
func (s *State) dispose(r Reviewed, now time.Time) []Effect {
	alert := *s.alert(r.Review)
	s.AML.Alerts = slices.DeleteFunc(s.AML.Alerts, func(a Alert) bool { return a.ID == alert.ID })
	if r.Disposition == TrueMatch {
		if s.Standing.Outcome == OutcomeRejected {
			return nil
		}
		return s.decideBy(Act{Outcome: OutcomeRejected, Actor: r.Actor, Reason: r.Reason}, now)
	}
	if s.Verdict == nil {
		return nil
	}
	for _, m := range s.Verdict.AML.Matches {
		if key := m.key(); slices.Contains(alert.Matches, m.ID) && s.settledBy(key, m.ID) && !slices.Contains(s.AML.Accepted, key) {
			s.AML.Accepted = append(s.AML.Accepted, key)
		}
	}
	present := s.Verdict.AML.keys()
	s.AML.Accepted = slices.DeleteFunc(s.AML.Accepted, func(key string) bool { return !slices.Contains(present, key) })
	if !s.Verdict.finished() || s.Standing.Outcome != OutcomeOnHold || s.busy() {
		return nil
	}
	return s.settleLook(s.conclude(now, &r), now)
}

// settledBy says that a match as it is now was told, and that no other alert which is
// open speaks of it: a later change of it waits for a disposition of its own.
func (s *State) settledBy(key, id string) bool {
	return slices.Contains(s.AML.Seen, key) &&
		!slices.ContainsFunc(s.AML.Alerts, func(a Alert) bool { return slices.Contains(a.Matches, id) })
}
