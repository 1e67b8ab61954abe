package api

import (
	"math"

	"github.com/gin-gonic/gin"

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
