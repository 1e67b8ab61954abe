package api

import (
	"math"
	"time"

	"idjourney/journey"
)

// Bounds of a page.
const (
	usualPage = 100
	maxPage   = 500
)

// shownDecision is a decision as the API shows it; see hideAML.
type shownDecision struct {
	ID            string          `json:"id"`
	Account       string          `json:"account"`
	JourneyID     string          `json:"journeyId"`
	Sequence      int             `json:"sequence"`
	Outcome       journey.Outcome `json:"outcome"`
	Source        journey.Source  `json:"source,omitempty"`
	System        string          `json:"systemDecision,omitempty"`
	Manual        string          `json:"manualDecision,omitempty"`
	Final         string          `json:"finalDecision,omitempty"`
	AMLVersion    *int            `json:"amlVersion,omitempty"`
	AMLMatches    *int            `json:"amlMatches,omitempty"`
	Reasons       []string        `json:"reasons,omitempty"`
	Supersedes    int             `json:"supersedes,omitempty"`
	PolicyVersion string          `json:"policyVersion"`
	DecidedBy     string          `json:"decidedBy,omitempty"`
	DecidedAt     time.Time       `json:"decidedAt"`
	Adopted       bool            `json:"adopted,omitempty"`
}

func decisionFor(t *token, d journey.Decision) shownDecision {
	s := shownDecision{
		ID: d.ID, Account: d.Account, JourneyID: d.JourneyID, Sequence: d.Sequence, Outcome: d.Outcome, Source: d.Source,
		System: d.System, Manual: d.Manual, Final: d.Final, Reasons: d.Reasons, Supersedes: d.Supersedes,
		PolicyVersion: d.PolicyVersion, DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt, Adopted: d.Adopted,
	}
	s.AMLVersion, s.AMLMatches = &d.AMLVersion, &d.AMLMatches
	if !t.seesAML() {
		s.hideAML()
	}
	return s
}

type decisionList struct {
	Decisions []shownDecision `json:"decisions"`
}

// decisions handles GET /v1/journeys/{account}/{journeyId}/decisions.
func (a *API) decisions(in *call) (reply, error) {
	if _, err := a.view(in); err != nil {
		return reply{}, err
	}
	ctx, cancel := in.context()
	defer cancel()
	all, err := a.cfg.Ledger.Decisions(ctx, in.account, in.id)
	if err != nil {
		return reply{}, err
	}
	out := decisionList{Decisions: []shownDecision{}}
	for _, d := range all {
		out.Decisions = append(out.Decisions, decisionFor(in.token, d))
	}
	return ok(out), nil
}

type feedItem struct {
	Position int64         `json:"position"`
	Decision shownDecision `json:"decision"`
}

type feedPage struct {
	Items []feedItem `json:"items"`
	// Next is the value of after for the next page, even if this one is empty.
	Next int64 `json:"next"`
}

// feed handles GET /v1/decisions: all decisions of the token's accounts, in order.
func (a *API) feed(in *call) (reply, error) {
	after, err := in.number("after", 0, 0, math.MaxInt64)
	if err != nil {
		return reply{}, err
	}
	limit, err := in.number("limit", usualPage, 1, maxPage)
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := in.context()
	defer cancel()
	items, err := a.cfg.Ledger.DecisionFeed(ctx, in.token.accounts, after, int(limit))
	if err != nil {
		return reply{}, err
	}
	page := feedPage{Items: []feedItem{}, Next: after}
	for _, item := range items {
		page.Items = append(page.Items, feedItem{item.Position, decisionFor(in.token, item.Decision)})
		page.Next = item.Position
	}
	return ok(page), nil
}
