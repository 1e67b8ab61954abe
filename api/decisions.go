package api

import (
	"math"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/notify"
)

// Bounds of a page.
const (
	usualPage = 100
	maxPage   = 500
)

// shownDecision is a decision as the API shows it; see hideAML.
type shownDecision struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	notify.Decision
	AMLVersion *int `json:"amlVersion,omitempty"`
	AMLMatches *int `json:"amlMatches,omitempty"`
	Adopted    bool `json:"adopted,omitempty"`
}

func (t *token) decision(d journey.Decision) shownDecision {
	s := shownDecision{d.Account, d.JourneyID, notify.DecisionOf(d), &d.AMLVersion, &d.AMLMatches, d.Adopted}
	if !t.seesAML() {
		s.hideAML()
	}
	return s
}

// decisions handles GET /v1/journeys/{account}/{journeyId}/decisions.
func (a *API) decisions(in *call) (reply, error) {
	if _, err := a.view(in); err != nil {
		return reply{}, err
	}
	all, err := a.cfg.Ledger.Decisions(in.ctx, in.account, in.id)
	return ok(gin.H{"decisions": rows(all, in.token.decision)}), err
}

type feedItem struct {
	Position int64         `json:"position"`
	Decision shownDecision `json:"decision"`
}

// feed handles GET /v1/decisions: all decisions of the token's accounts, in order. Next is
// the value of after for the next page, even if this one is empty.
func (a *API) feed(in *call) (reply, error) {
	after, err := in.number("after", 0, 0, math.MaxInt64)
	if err != nil {
		return reply{}, err
	}
	limit, err := in.number("limit", usualPage, 1, maxPage)
	if err != nil {
		return reply{}, err
	}
	items, err := a.cfg.Ledger.DecisionFeed(in.ctx, in.token.accounts, after, int(limit))
	if n := len(items); n > 0 {
		after = items[n-1].Position
	}
	return ok(gin.H{"next": after, "items": rows(items, func(i ledger.FeedItem) feedItem {
		return feedItem{i.Position, in.token.decision(i.Decision)}
	})}), err
}

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
