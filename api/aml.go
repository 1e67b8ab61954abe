package api

import (
	"slices"
	"strings"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

// A caller without the scope aml:read must not learn that a customer matches a sanctions
// list, neither from a field nor from a difference. Hence all holds look alike to it:
// without their source, reason, vendor values and review. Reasons that a person wrote
// are hidden as well, because they may name the match. For the same reason it cannot end
// a hold, whatever caused it, and cannot approve against the system's decision.

func (t *token) seesAML() bool { return t.may(config.ScopeAMLRead) }

// aboutAML says whether a reason's or an attention's code is about AML.
func aboutAML(code string) bool { return strings.HasPrefix(code, "aml_") }

// withoutAML is what of a journey a caller without aml:read is shown.
func withoutAML(v ledger.View) ledger.View {
	s := v.Snapshot
	s.Alerts = nil
	if v.Standing.Outcome == journey.OutcomeOnHold || s.Review != nil && aboutAML(s.Review.Reason) {
		s.Review = nil
	}
	s.Attention = slices.DeleteFunc(slices.Clone(s.Attention), func(i journey.AttentionItem) bool { return aboutAML(string(i.Code)) })
	v.Snapshot = s
	return v
}

// hideAML removes from a decision what a caller without aml:read is not shown.
func (d *shownDecision) hideAML() {
	d.AMLVersion, d.AMLMatches = nil, nil
	d.Reasons = slices.DeleteFunc(slices.Clone(d.Reasons), aboutAML)
	if d.Source == journey.SourceOperator {
		d.Reasons, d.DecidedBy = nil, string(journey.SourceOperator)
	}
	if d.Outcome == journey.OutcomeOnHold {
		d.Source, d.System, d.Manual, d.Final, d.Reasons, d.DecidedBy = "", "", "", "", nil, ""
	}
}

// endsHold refuses an act by which a caller without aml:read would end a hold. The
// workflow checks it again, because the standing may have changed by then.
func (t *token) endsHold(v ledger.View, update string) error {
	switch update {
	case journey.UpdateReview, journey.UpdateOverride, journey.UpdateEnd:
		if v.Standing.Outcome == journey.OutcomeOnHold && !t.seesAML() {
			return forbidden(config.ScopeAMLRead)
		}
	}
	return nil
}
