package journey

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// unaccepted lists the matches that nobody has accepted: those that monitoring
// brought after the journey was finished, and under a decision of the vendor's
// system all of them. A reviewer's Approved accepts the matches of the first
// check, but not what came later: the vendor's final stays Approved then.
func (v Verdict) unaccepted(accepted []string) []string {
	var ids []string
	for _, m := range v.AML.Matches {
		if m.Whitelisted || slices.Contains(accepted, m.key()) {
			continue
		}
		if m.MonitorUpdate != "" || v.Final != Approved {
			ids = append(ids, m.key())
		}
	}
	return ids
}

// key names a match in one state of it: a changed match is accepted anew.
func (m AMLMatch) key() string {
	return m.ID + "@" + hash(strings.Join(m.Datasets, ","), strconv.FormatBool(m.Whitelisted), m.Status, strconv.Itoa(m.Version), m.MonitorUpdate)[:8]
}

func (a AML) fingerprint() string {
	keys := make([]string, 0, len(a.Matches))
	for _, m := range a.Matches {
		keys = append(keys, m.key())
	}
	slices.Sort(keys)
	return hash(keys...)[:12]
}

func (s *State) amlFingerprint() string {
	if s.Verdict == nil {
		return ""
	}
	return s.Verdict.AML.fingerprint()
}

// onAML tells the customer what changed in the AML matches of a journey that had
// been finished before; the first finished verdict is the baseline.
func (s *State) onAML(previous *Verdict, now time.Time) []Effect {
	v := s.Verdict
	s.AMLVersion = max(s.AMLVersion, v.AML.Version)
	if previous == nil || !previous.finished() || !v.finished() || previous.AML.fingerprint() == v.AML.fingerprint() {
		return nil
	}
	change := compareAML(previous.AML, v.AML)
	change.Version = s.AMLVersion
	id := messageID("aml", s.Account, s.JourneyID, previous.AML.fingerprint(), v.AML.fingerprint(), now.Format(time.RFC3339Nano))
	return s.publish(Message{ID: id, Type: MessageAMLChanged, Stream: StreamAML, AML: &change}, now)
}

func compareAML(before, after AML) AMLChange {
	change := AMLChange{Datasets: map[string]int{}}
	old := map[string]string{}
	for _, m := range before.Matches {
		old[m.ID] = m.key()
	}
	for _, m := range after.Matches {
		for _, dataset := range m.Datasets {
			change.Datasets[dataset]++
		}
		key, known := old[m.ID]
		switch {
		case !known:
			change.Added = append(change.Added, m.ID)
		case key != m.key():
			change.Changed = append(change.Changed, m.ID)
		}
		delete(old, m.ID)
	}
	for _, m := range before.Matches {
		if _, gone := old[m.ID]; gone {
			change.Removed = append(change.Removed, m.ID)
		}
	}
	return change
}
