package journey

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// unaccepted lists the matches that nobody has accepted. Against an approval these
// are all that were not there when it was made. Without one they are those that
// monitoring brought after the journey was finished (the vendor's final stays
// Approved then), and under a decision of the vendor's system all of them; a
// reviewer's Approved accepts the matches of the first check.
func (s *State) unaccepted(v Verdict) (keys []string) {
	for _, m := range v.AML.Matches {
		switch {
		case m.Whitelisted || slices.Contains(s.Accepted, m.key()):
		case s.AcceptedKnown, m.MonitorUpdate != "", v.Final == Complete:
			keys = append(keys, m.key())
		}
	}
	return keys
}

// accept remembers the matches that an approval rests on.
func (s *State) accept(v Verdict) {
	s.Accepted, s.AcceptedKnown = v.AML.keys(), true
}

// keepAML keeps the matches that are known while the vendor screens again: only an
// applicable screening without them says that they are gone.
func (s *State) keepAML(v Verdict) *Verdict {
	if p := s.Verdict; p != nil && len(p.AML.Matches) > 0 && len(v.AML.Matches) == 0 && v.AML.Applicability != "Applicable" {
		v.AML = p.AML
	}
	return &v
}

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

// onAML tells the customer what changed in the AML matches of a journey that had
// been finished before; the first finished verdict is the baseline.
func (s *State) onAML(now time.Time) []Effect {
	v := s.Verdict
	s.AMLVersion = max(s.AMLVersion, v.AML.Version)
	if !v.finished() {
		return nil
	}
	before, known := s.AMLSeen, s.AMLKnown
	s.AMLSeen, s.AMLKnown = v.AML.keys(), true
	if !known || slices.Equal(before, s.AMLSeen) {
		return nil
	}
	change := compareAML(before, v.AML)
	change.Version = s.AMLVersion
	id := messageID("aml", s.Account, s.JourneyID, hash(before...), v.AML.fingerprint(), now.Format(time.RFC3339Nano))
	return s.publish(Message{ID: id, Type: MessageAMLChanged, Stream: StreamAML, AML: &change}, now)
}

// compareAML compares the keys of the matches before with the matches now.
func compareAML(before []string, after AML) AMLChange {
	change := AMLChange{Datasets: map[string]int{}}
	now := map[string]bool{}
	for _, m := range after.Matches {
		now[m.ID] = true
		for _, dataset := range m.Datasets {
			change.Datasets[dataset]++
		}
		known := slices.ContainsFunc(before, func(key string) bool { return matchID(key) == m.ID })
		switch {
		case !known:
			change.Added = append(change.Added, m.ID)
		case !slices.Contains(before, m.key()):
			change.Changed = append(change.Changed, m.ID)
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
