package journey

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Screening is what is known of the AML matches, and which of them were accepted.
type Screening struct {
	// Accepted are the matches that the last approval rests on, by key; only with
	// AcceptedKnown is any other match a new one.
	Accepted      []string `json:"accepted,omitempty"`
	AcceptedKnown bool     `json:"acceptedKnown,omitempty"`
	// Seen are the matches of the last finished verdict, by key, and Version the
	// highest version that a verdict has shown. Known is false before the first.
	Seen    []string `json:"seen,omitempty"`
	Known   bool     `json:"known,omitempty"`
	Version int      `json:"version,omitempty"`
	// Asking is the highest version asked for in the AML history while it is,
	// AskedSeen are the matches' keys as they were then.
	Asking    int      `json:"asking,omitempty"`
	AskedSeen []string `json:"askedSeen,omitempty"`
	Alerts    []Alert  `json:"alerts,omitempty"`
}

// unaccepted lists the matches that nobody has accepted. Against an approval these
// are all that were not there when it was made. Without one they are those that
// monitoring brought after the journey was finished (the vendor's final stays
// Approved then), and under a decision of the vendor's system all of them; a
// reviewer's Approved accepts the matches of the first check.
func (s *State) unaccepted(v Verdict) (keys []string) {
	for _, m := range v.AML.Matches {
		switch {
		case m.Whitelisted || slices.Contains(s.AML.Accepted, m.key()):
		case s.AML.AcceptedKnown, m.MonitorUpdate != "", v.Final == Complete:
			keys = append(keys, m.key())
		}
	}
	return keys
}

// accept remembers the matches that an approval rests on.
func (s *State) accept(v Verdict) {
	s.AML.Accepted, s.AML.AcceptedKnown = v.AML.keys(), true
}

// keepAML keeps the matches that are known while the vendor screens again: only an
// applicable screening without them says that they are gone.
func (s *State) keepAML(v Verdict) *Verdict {
	if p := s.Verdict; p != nil && len(p.AML.Matches) > 0 && len(v.AML.Matches) == 0 && v.AML.Applicability != "Applicable" {
		v.AML = p.AML
	}
	return &v
}

// news says that monitoring brought the match, or changed it, and nobody has
// accepted it at the vendor.
func (m AMLMatch) news() bool { return m.MonitorUpdate != "" && !m.Whitelisted }

// key names a match in one state of it: a changed match is accepted anew.
func (m AMLMatch) key() string {
	return m.ID + "@" + hash(strings.Join(m.Datasets, ","), strconv.FormatBool(m.Whitelisted), m.Status, strconv.Itoa(m.Version), m.MonitorUpdate)[:8]
}

func (a AML) keys() []string {
	keys := make([]string, 0, len(a.Matches))
	for _, m := range a.Matches {
		keys = append(keys, m.key())
	}
	slices.Sort(keys)
	return keys
}

func (a AML) fingerprint() string { return hash(a.keys()...)[:12] }

func (s *State) amlFingerprint() string {
	if s.Verdict == nil {
		return AML{}.fingerprint()
	}
	return s.Verdict.AML.fingerprint()
}

// onAML tells what changed in the AML matches of a journey that had been finished
// before; the first finished verdict is the baseline. Claimed is the version that a
// webhook spoke of. Versions are followed one by one: when more than one is new, the
// history says what each of them changed.
func (s *State) onAML(claimed int, now time.Time) []Effect {
	v := s.Verdict
	if !v.finished() && !s.AML.Known || s.AML.Asking > 0 {
		return nil
	}
	if !s.AML.Known {
		s.firstScreening(claimed)
	}
	before, last := s.AML.Seen, s.AML.Version
	if slices.Equal(before, v.AML.keys()) {
		return nil
	}
	to := v.AML.Version
	if to == 0 && claimed <= last+maxVersions { // the result names none: the webhook's, but not any
		to = claimed
	}
	if to > last+1 {
		return s.askHistory(last+1, to)
	}
	change := compareAML(before, v.AML)
	if last > 0 && to <= last && len(change.Added)+len(change.Changed) == 0 {
		to = last + 1 // what was removed took its version along; every change raises it
	}
	s.AML.Seen, s.AML.Version = v.AML.keys(), max(last, to)
	if change.Version = s.AML.Version; change.Version == 0 { // nothing but the webhook names one
		change.Version = claimed
	}
	return s.tellAML(change, now)
}

// firstScreening takes what the first finished verdict shows as the baseline, except
// what monitoring brought: that is news, however early it came. An approval whose run
// was lost rests on that baseline too; of its matches those are news, too, whose version
// is as new as a webhook claims.
func (s *State) firstScreening(claimed int) {
	first := s.Verdict.AML
	first.Matches = slices.DeleteFunc(slices.Clone(first.Matches), func(m AMLMatch) bool {
		return m.news() || claimed > 0 && m.Version >= claimed && s.Standing.Sequence > 0
	})
	s.AML.Seen, s.AML.Known = first.keys(), true
	for _, m := range first.Matches {
		s.AML.Version = max(s.AML.Version, m.Version)
	}
	if s.Standing.Outcome == OutcomeApproved && !s.AML.AcceptedKnown {
		s.AML.Accepted, s.AML.AcceptedKnown = first.keys(), true
	}
}

// maxVersions bounds what is asked of the history at once, and how far ahead of what
// is known a webhook's number may be.
const maxVersions = 20

func (s *State) askHistory(from, to int) []Effect {
	s.AML.Asking, s.AML.AskedSeen = to, s.Verdict.AML.keys()
	return []Effect{{Kind: EffectAML, Lane: LaneAML, AML: &AMLInput{
		Account: s.Account, JourneyID: s.JourneyID, From: max(from, to-maxVersions+1), To: to,
	}}}
}

// nameRemoved gives what is gone to the last change that names nothing: a match that
// was removed may simply be missing from its version of the history.
func (s *State) nameRemoved(changes []AMLChange) {
	gone := compareAML(s.AML.Seen, s.Verdict.AML).Removed
	empty := -1
	for i, c := range changes {
		gone = slices.DeleteFunc(gone, func(id string) bool { return slices.Contains(c.Removed, id) })
		if len(c.Added)+len(c.Changed)+len(c.Removed) == 0 {
			empty = i
		}
	}
	if empty >= 0 {
		changes[empty].Removed = gone
	}
}

// tellAML tells one change and opens its alert.
func (s *State) tellAML(change AMLChange, now time.Time) []Effect {
	change.Severity = s.severity(change)
	change.Alert = s.openAlert(change, now)
	parts := []string{s.Account, s.JourneyID, strconv.Itoa(change.Version), now.Format(time.RFC3339Nano)}
	parts = append(parts, slices.Concat(change.Added, change.Removed, change.Changed)...)
	return s.publish(Message{ID: messageID("aml", parts...), Type: MessageAMLChanged, Stream: StreamAML, AML: &change}, now)
}

// compareAML compares the keys of the matches before with the matches now. The
// datasets are those of the matches that were added or changed.
func compareAML(before []string, after AML) AMLChange {
	change := AMLChange{Datasets: map[string]int{}}
	now := map[string]bool{}
	for _, m := range after.Matches {
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

// matchID is the id in a match's key.
func matchID(key string) string { return key[:strings.LastIndexByte(key, '@')] }
