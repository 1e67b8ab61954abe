package api

import (
	"slices"
	"strings"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

// A caller without the scope aml:read must not learn that a customer matches a sanctions
// list, neither from a field nor from a difference. All holds therefore look alike to it:
// without their source, reason, vendor values and review. Reasons that a person wrote are
// hidden too, because they may name the match. Such a caller cannot end a hold, whatever
// its cause, and cannot approve against the system's decision.

func (t *token) seesAML() bool { return t.may(config.ScopeAMLRead) }

// aboutAML says whether a reason's or an attention's code is about AML.
func aboutAML[T ~string](code T) bool { return strings.HasPrefix(string(code), "aml_") }

// withoutAML is a journey as a caller without aml:read sees it.
func withoutAML(v ledger.View) ledger.View {
	s := &v.Snapshot
	s.Alerts = nil
	if v.Standing.Outcome == journey.OutcomeOnHold || s.Review != nil && aboutAML(s.Review.Reason) {
		s.Review = nil
	}
	s.Attention = slices.DeleteFunc(slices.Clone(s.Attention), func(i journey.AttentionItem) bool { return aboutAML(i.Code) })
	return v
}

// hideAML removes from a decision what a caller without aml:read must not see.
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

// endsHold says whether an act would end a hold for a caller without aml:read. The workflow
// checks it again, because the standing may have changed by then.
func (t *token) endsHold(v ledger.View, update string) bool {
	ends := []string{journey.UpdateReview, journey.UpdateOverride, journey.UpdateEnd}
	return v.Standing.Outcome == journey.OutcomeOnHold && slices.Contains(ends, update) && !t.seesAML()
}
