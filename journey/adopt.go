package journey

import (
	"cmp"
	"time"
)

// adopt takes up a customer from before our time: what the vendor decided long ago
// is the baseline, told as a standing and never as a fresh decision. Matches that
// the first webhook announces are news all the same; claimed is their AML version.
func (s *State) adopt(claimed int, known bool, now time.Time) []Effect {
	v := *s.Verdict
	if !v.finished() { // seen at work: a journey of our time, whoever names it
		s.Decided.Imported = false
	}
	if !s.adoptable(v, known) {
		return nil
	}
	s.Decided.Adopted = true
	s.firstScreening(claimed)
	j := Judgement{Outcome: OutcomeApproved, Source: SourceVendor, Baseline: true}
	if v.Manual != "" {
		j.Source = SourceVendorReview
	}
	if v.Final == Rejected {
		j.Outcome = OutcomeRejected
	}
	effects := s.decide(j, "", now)
	s.AML.Accepted, s.AML.AcceptedKnown = s.AML.Seen, true
	return effects
}

// adoptable says that a first contact is that of a customer from before our time:
// the vendor had finished long before we heard of it, or the customer said so by
// importing them. How late we look says nothing: a journey of our time that a step
// or an outage kept waiting needs its evidence. Only what the vendor decided clearly
// is taken up.
func (s *State) adoptable(v Verdict, known bool) bool {
	after := time.Duration(s.Policy.AdoptAfter)
	old := after > 0 && !known && !v.EndedAt.IsZero() && s.OpenedAt.Sub(v.EndedAt) >= after
	begun := s.Steps.Running != "" || s.Steps.Waiting != "" || s.Steps.Completing || s.Steps.Completed || len(s.Steps.Runs) > 0
	first := s.Standing.Sequence == 0 && !s.AML.Known && s.Reviews.Open == nil && !begun
	clear := (v.passes() || v.Final == Rejected) && v.Final == cmp.Or(v.Manual, v.System)
	return first && (old || s.Decided.Imported) && clear && !s.Policy.Unlisted
}
