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

// severity is that of the most severe dataset concerned. A change that only removes
// matches is low.
func (c AMLChange) severity(declared []DatasetSeverity) Severity {
	if len(c.matches()) == 0 {
		return SeverityLow
	}
	var worst Severity
	for _, d := range declared {
		if c.Datasets[d.Dataset] > 0 {
			worst = moreSevere(worst, d.Severity)
		}
	}
	if worst == "" {
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

// openAlert opens the alert of a change, or lets the change join the newest.
func (a *Screening) openAlert(c AMLChange, id func(prefix string, parts ...string) string, now time.Time) *Alert {
	if n := len(a.Alerts); n >= maxAlerts {
		last := &a.Alerts[n-1]
		last.Changes++
		last.Version, last.Severity = c.Version, moreSevere(last.Severity, c.Severity)
		last.Matches, last.Removed = bounded(last.Matches, c.matches()), bounded(last.Removed, c.Removed)
		last.ID = id("alr", last.ID, strconv.Itoa(last.Changes)) // a disposition covers only what was seen
		return last
	}
	parts := slices.Concat([]string{strconv.Itoa(c.Version), stamp(now)}, c.matches(), c.Removed)
	a.Alerts = append(a.Alerts, Alert{
		ID: id("alr", parts...), Version: c.Version, Severity: c.Severity, Since: now, Changes: 1,
		Matches: bounded(nil, c.matches()), Removed: bounded(nil, c.Removed),
	})
	return &a.Alerts[len(a.Alerts)-1]
}

func bounded(ids, more []string) []string {
	all := slices.Concat(ids, more)
	return all[:min(len(all), maxAlertIDs)]
}

// takeLadders gives a ladder to the alerts that began without one.
func (a *Screening) takeLadders(declared *Reviews) {
	for i := range a.Alerts {
		if a.Alerts[i].Ladder.Name == "" {
			a.Alerts[i].Ladder = declared.declared(AlertLadder(a.Alerts[i].Severity))
		}
	}
}

// alert is the open alert of this id; nil if there is none.
func (a *Screening) alert(id string) *Alert {
	at := slices.IndexFunc(a.Alerts, func(a Alert) bool { return a.ID == id })
	if at < 0 || id == "" {
		return nil
	}
	return &a.Alerts[at]
}

// acceptAlert accepts the matches of an alert that is closed. A match counts as it was
// published, unless another open alert names it: a later change of it waits for a
// disposition of its own.
func (a *Screening) acceptAlert(closed Alert, present AML) {
	for _, m := range present.Matches {
		named := func(alert Alert) bool { return slices.Contains(alert.Matches, m.ID) }
		key := m.key()
		if named(closed) && slices.Contains(a.Seen, key) && !slices.ContainsFunc(a.Alerts, named) && !slices.Contains(a.Accepted, key) {
			a.Accepted = append(a.Accepted, key)
		}
	}
	keys := present.keys()
	a.Accepted = slices.DeleteFunc(a.Accepted, func(key string) bool { return !slices.Contains(keys, key) })
}

// dispose ends an alert. A true match is the customer: rejected. Matches that are
// not, or that are accepted, stand against nothing any more; if they were the only reason
// of the hold, the person has approved the journey.
func (s *State) dispose(r Reviewed, now time.Time) []Effect {
	alert := *s.AML.alert(r.Review)
	s.AML.Alerts = slices.DeleteFunc(s.AML.Alerts, func(a Alert) bool { return a.ID == alert.ID })
	switch {
	case r.Disposition == TrueMatch && s.Standing.Outcome == OutcomeRejected, s.Verdict == nil && r.Disposition != TrueMatch:
		return nil
	case r.Disposition == TrueMatch:
		return s.decideBy(Act{Outcome: OutcomeRejected, Actor: r.Actor, Reason: r.Reason}, now)
	}
	s.AML.acceptAlert(alert, s.Verdict.AML)
	if !s.Verdict.finished() || s.Standing.Outcome != OutcomeOnHold || s.busy() {
		return nil
	}
	return s.settleLook(s.conclude(now, &r), now)
}
