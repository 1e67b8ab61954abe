package journey

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Screening is what is known of the AML matches, and which of them were accepted.
type Screening struct {
	// Accepted are the keys of the matches that the last approval rests on; any other is
	// new, if AcceptedKnown.
	Accepted      []string `json:"accepted,omitempty"`
	AcceptedKnown bool     `json:"acceptedKnown,omitempty"`
	// Seen are the keys of the matches of the last finished verdict, Version the highest
	// that a verdict has shown. Known is false before the first.
	Seen    []string `json:"seen,omitempty"`
	Known   bool     `json:"known,omitempty"`
	Version int      `json:"version,omitempty"`
	// Asking is the highest version asked for while the AML history is fetched,
	// AskedSeen are the matches' keys as they were then.
	Asking    int      `json:"asking,omitempty"`
	AskedSeen []string `json:"askedSeen,omitempty"`
	Alerts    []Alert  `json:"alerts,omitempty"`
}

// maxVersions bounds what is asked of the history at once, and how far ahead of what
// is known a webhook's number may be.
const maxVersions = 20

// unaccepted says that there are matches which nobody has accepted: after an approval all
// that were not there when it was made. Before, all under a decision of the vendor's
// system; a reviewer's Approved accepts those of the first check, so that those which
// monitoring brought later are left (the vendor's final stays Approved then).
func (a *Screening) unaccepted(v Verdict) bool {
	return slices.ContainsFunc(v.AML.Matches, func(m AMLMatch) bool {
		accepted := m.Whitelisted || slices.Contains(a.Accepted, m.key())
		return !accepted && (a.AcceptedKnown || m.MonitorUpdate != "" || v.Final == Complete)
	})
}

// accept remembers the matches, by key, that an approval rests on.
func (a *Screening) accept(keys []string) { a.Accepted, a.AcceptedKnown = keys, true }

// orKnown keeps the matches that are known while the vendor screens again: only an
// applicable screening without them says that they are gone.
func (a AML) orKnown(before *Verdict) AML {
	if before != nil && len(before.AML.Matches) > 0 && len(a.Matches) == 0 && a.Applicability != "Applicable" {
		return before.AML
	}
	return a
}

// news says that monitoring brought the match, or changed it, and nobody has
// accepted it at the vendor.
func (m AMLMatch) news() bool { return m.MonitorUpdate != "" && !m.Whitelisted }

// key names a match in one state of it: a changed match is accepted anew.
func (m AMLMatch) key() string {
	state := []string{strings.Join(m.Datasets, ","), strconv.FormatBool(m.Whitelisted), m.Status, strconv.Itoa(m.Version), m.MonitorUpdate}
	return m.ID + "@" + hash(state...)[:8]
}

// matchID is the id in a match's key.
func matchID(key string) string { return key[:strings.LastIndexByte(key, '@')] }

func (a AML) keys() []string {
	keys := make([]string, 0, len(a.Matches))
	for _, m := range a.Matches {
		keys = append(keys, m.key())
	}
	slices.Sort(keys)
	return keys
}

func (a AML) fingerprint() string { return hash(a.keys()...)[:12] }

// changeSince compares the matches with the keys of those before.
func (a AML) changeSince(before []string) AMLChange {
	change := AMLChange{Datasets: map[string]int{}}
	now := map[string]bool{}
	for _, m := range a.Matches {
		now[m.ID] = true
		if slices.Contains(before, m.key()) {
			continue
		}
		for _, dataset := range m.Datasets {
			change.Datasets[dataset]++
		}
		if slices.ContainsFunc(before, func(key string) bool { return matchID(key) == m.ID }) {
			change.Changed = append(change.Changed, m.ID)
		} else {
			change.Added = append(change.Added, m.ID)
		}
	}
	for _, key := range before {
		if id := matchID(key); !now[id] {
			change.Removed = append(change.Removed, id)
		}
	}
	return change
}

// matches are the ids of the matches that were added or changed.
func (c AMLChange) matches() []string { return slices.Concat(c.Added, c.Changed) }

// ids are those of all matches that the change names.
func (c AMLChange) ids() []string { return slices.Concat(c.Added, c.Changed, c.Removed) }

// takeBaseline takes what the first finished verdict shows as the baseline, except
// what monitoring brought: that is news, however early. An approval whose run was lost
// rests on that baseline too, but matches of the version that a webhook claims are news.
func (a *Screening) takeBaseline(first AML, standing Standing, claimed int) {
	first.Matches = slices.DeleteFunc(slices.Clone(first.Matches), func(m AMLMatch) bool {
		return m.news() || claimed > 0 && m.Version >= claimed && standing.Sequence > 0
	})
	a.Seen, a.Known = first.keys(), true
	for _, m := range first.Matches {
		a.Version = max(a.Version, m.Version)
	}
	if standing.Outcome == OutcomeApproved && !a.AcceptedKnown {
		a.accept(first.keys())
	}
}

// compare takes the present matches and says what changed or, when more than one version
// is new, which of them the history has to be asked for. Claimed is the version that a
// webhook named.
func (a *Screening) compare(present AML, claimed int) (*AMLChange, *AMLInput) {
	keys := present.keys()
	if slices.Equal(a.Seen, keys) {
		return nil, nil
	}
	to := present.Version
	if to == 0 && claimed <= a.Version+maxVersions { // the result names none: the webhook's, within bounds
		to = claimed
	}
	if to > a.Version+1 {
		a.Asking, a.AskedSeen = to, keys
		return nil, &AMLInput{From: max(a.Version+1, to-maxVersions+1), To: to}
	}
	change := present.changeSince(a.Seen)
	if a.Version > 0 && to <= a.Version && len(change.matches()) == 0 {
		to = a.Version + 1 // what was removed took its version along; every change raises it
	}
	a.Seen, a.Version = keys, max(a.Version, to)
	change.Version = cmp.Or(a.Version, claimed)
	return &change, nil
}

// takeHistory takes the changes of the versions that were asked for. What the history
// leaves out joins the next version that it has, or the newest.
func (a *Screening) takeHistory(answered []AMLChange, present AML) []AMLChange {
	to, seen := a.Asking, a.AskedSeen
	a.stopAsking()
	changes := slices.DeleteFunc(slices.Clone(answered), func(c AMLChange) bool { return c.Version <= a.Version || c.Version > to })
	slices.SortStableFunc(changes, func(a, b AMLChange) int { return cmp.Compare(a.Version, b.Version) })
	changes = slices.CompactFunc(changes, func(a, b AMLChange) bool { return a.Version == b.Version })
	rest := present.changeSince(a.Seen)
	nameRemoved(changes, rest.Removed)
	rest.leaveOut(changes)
	for i := range changes {
		if changes[i].Version > a.Version+1 {
			changes[i], rest = changes[i].with(rest, present), AMLChange{}
		}
		a.takeVersion(&changes[i])
	}
	if a.Version < to {
		// What the result shows in a version above has changed once more since.
		for _, m := range present.Matches {
			if m.Version > a.Version && !slices.Contains(rest.matches(), m.ID) {
				rest.Changed = append(rest.Changed, m.ID)
			}
		}
		newest := AMLChange{Version: to}.with(rest, present)
		a.takeVersion(&newest)
		changes, seen = append(changes, newest), present.keys()
	}
	a.Seen = seen // what changed again while we asked is compared with this
	return changes
}

func (a *Screening) stopAsking() { a.Asking, a.AskedSeen = 0, nil }

// takeVersion takes up the version of a change and marks a gap before it.
func (a *Screening) takeVersion(c *AMLChange) { c.Gap, a.Version = c.Version > a.Version+1, c.Version }

// nameRemoved gives what is gone to the last change that names nothing: a match that
// was removed may simply be missing from its version of the history.
func nameRemoved(changes []AMLChange, gone []string) {
	gone, empty := slices.Clone(gone), -1
	for i, c := range changes {
		gone = slices.DeleteFunc(gone, func(id string) bool { return slices.Contains(c.Removed, id) })
		if len(c.ids()) == 0 {
			empty = i
		}
	}
	if empty >= 0 {
		changes[empty].Removed = gone
	}
}

// leaveOut drops the matches that any of the changes names.
func (c *AMLChange) leaveOut(changes []AMLChange) {
	for _, ids := range []*[]string{&c.Added, &c.Changed, &c.Removed} {
		*ids = slices.DeleteFunc(*ids, func(id string) bool {
			return slices.ContainsFunc(changes, func(c AMLChange) bool { return slices.Contains(c.ids(), id) })
		})
	}
}

// with adds to a change what no version names.
func (c AMLChange) with(rest AMLChange, present AML) AMLChange {
	datasets := maps.Clone(c.Datasets)
	if datasets == nil {
		datasets = map[string]int{}
	}
	for _, m := range present.Matches {
		if slices.Contains(rest.matches(), m.ID) {
			for _, dataset := range m.Datasets {
				datasets[dataset]++
			}
		}
	}
	c.Added, c.Changed = slices.Concat(c.Added, rest.Added), slices.Concat(c.Changed, rest.Changed)
	c.Removed, c.Datasets = slices.Concat(c.Removed, rest.Removed), datasets
	return c
}

// onAML publishes what changed in the AML matches; the first finished verdict is the
// baseline. Claimed is the version that a webhook named.
func (s *State) onAML(claimed int, now time.Time) []Effect {
	if !s.Verdict.finished() && !s.AML.Known || s.AML.Asking > 0 {
		return nil
	}
	if !s.AML.Known {
		s.AML.takeBaseline(s.Verdict.AML, s.Standing, claimed)
	}
	change, ask := s.AML.compare(s.Verdict.AML, claimed)
	switch {
	case ask != nil:
		return []Effect{{Kind: EffectAML, Lane: LaneAML, AML: ask}}
	case change != nil:
		return s.publishAML(*change, now)
	default:
		return nil
	}
}

// onAMLHistory takes the history's answer, and then what has changed since it was asked.
func (s *State) onAMLHistory(h AMLHistory, now time.Time) []Effect {
	if s.AML.Asking == 0 || s.Verdict == nil || s.final() {
		s.AML.stopAsking()
		return nil
	}
	var effects []Effect
	for _, change := range s.AML.takeHistory(h.Changes, s.Verdict.AML) {
		effects = append(effects, s.publishAML(change, now)...)
	}
	return append(effects, s.onAML(0, now)...)
}

// publishAML opens the alert of one change and publishes it. After a gap, a person has to
// look.
func (s *State) publishAML(c AMLChange, now time.Time) []Effect {
	c.Severity = c.severity(s.Policy.AML)
	alert := s.AML.openAlert(c, s.id, now)
	if alert.Changes == 1 { // a new one
		alert.Ladder = s.ladder(AlertLadder(c.Severity), now)
	}
	c.Alert = alert.ID
	parts := slices.Concat([]string{strconv.Itoa(c.Version), stamp(now)}, c.Added, c.Removed, c.Changed)
	effects := s.publish(Message{ID: s.id("aml", parts...), Type: MessageAMLChanged, Stream: StreamAML, AML: &c}, now)
	if c.Gap {
		effects = append(effects, s.raise(AttentionAMLGap, "", now)...)
	}
	return effects
}

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
