package journey

import (
	"cmp"
	"time"
)

// adopt takes up a customer from before our time: what the vendor decided long ago
// is the baseline, told as a standing and never as a fresh decision. Matches that
// the first webhook announces are news all the same; claimed is their AML version.
func (s *State) adopt(claimed int, now time.Time) []Effect {
	v := *s.Verdict
	if !s.adoptable(v, now) {
		return nil
	}
	s.Adopted = true
	known := v.AML
	if claimed > 0 {
		known.Matches = nil
		for _, m := range v.AML.Matches {
			if m.Version < claimed && (m.Version > 0 || m.MonitorUpdate == "") {
				known.Matches = append(known.Matches, m)
			}
		}
	}
	s.AMLSeen, s.AMLKnown, s.AMLVersion = known.keys(), true, max(0, cmp.Or(claimed, v.AML.Version+1)-1)
	j := Judgement{Outcome: OutcomeApproved, Source: SourceVendor, Baseline: true}
	if v.Manual != "" {
		j.Source = SourceVendorReview
	}
	if v.Final == Rejected {
		j.Outcome = OutcomeRejected
	}
	effects := s.decide(j, "", now)
	s.Accepted, s.AcceptedKnown = known.keys(), true
	return effects
}

// adoptable says that a first contact is that of a customer from before our time:
// the vendor finished long ago, or the customer said so by importing them. Only
// what the vendor decided clearly is taken up.
func (s *State) adoptable(v Verdict, now time.Time) bool {
	after := time.Duration(s.Policy.AdoptAfter)
	old := after > 0 && !v.EndedAt.IsZero() && now.Sub(v.EndedAt) >= after
	first := s.Standing.Sequence == 0 && !s.AMLKnown && s.Review == nil && !s.Completed && len(s.Steps) == 0
	clear := (v.passes() || v.Final == Rejected) && v.Final == cmp.Or(v.Manual, v.System)
	return first && (old || s.Imported) && clear && !s.Policy.Unlisted
}
