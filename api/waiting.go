package api

import (
	"errors"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

// shownItem is a review or an AML alert that waits for a person's decision.
type shownItem struct {
	Account    string             `json:"account"`
	JourneyID  string             `json:"journeyId"`
	ID         string             `json:"id"`
	Kind       journey.ReviewKind `json:"kind"`
	Reason     string             `json:"reason,omitempty"`
	Severity   journey.Severity   `json:"severity,omitempty"`
	AMLVersion int                `json:"amlVersion,omitempty"`
	Since      time.Time          `json:"since"`
	OverdueAt  time.Time          `json:"overdueAt,omitzero"`
	Overdue    bool               `json:"overdue"`
}

// reviews handles GET /v1/reviews: what waits for a decision, the oldest first.
func (a *API) reviews(in *call) (reply, error) {
	filter, err := in.reviewFilter()
	if err != nil {
		return reply{}, err
	}
	items, next, err := a.cfg.Ledger.Reviews(in.ctx, filter)
	if errors.Is(err, ledger.ErrCursor) {
		return reply{}, badRequest("after is not the next of a page before")
	}
	page := gin.H{"reviews": rows(items, func(i ledger.ReviewItem) shownItem { return shownItem(i) })}
	if next != "" {
		page["next"] = next
	}
	return ok(page), err
}

func (in *call) reviewFilter() (ledger.ReviewFilter, error) {
	kind, overdue := journey.ReviewKind(in.gin.Query("kind")), in.gin.DefaultQuery("overdue", "false")
	limit, err := in.number("limit", usualPage, 1, maxPage)
	if err != nil {
		return ledger.ReviewFilter{}, err
	}
	accounts, err := in.only()
	switch {
	case err != nil:
	case !slices.Contains([]journey.ReviewKind{"", journey.ReviewVendor, journey.ReviewLocal, ledger.ReviewAML}, kind):
		err = badRequest("kind must be vendor, local or aml")
	case kind == ledger.ReviewAML && !in.token.seesAML():
		err = forbidden(config.ScopeAMLRead)
	case !slices.Contains([]string{"", "true", "false"}, overdue):
		err = badRequest("overdue must be true or false")
	}
	return ledger.ReviewFilter{
		Accounts: accounts, Kind: kind, Overdue: overdue == "true", After: in.gin.Query("after"), Limit: int(limit),
		WithoutAML: !in.token.seesAML(),
	}, err
}

// attentionItem is one call for a person, for all journeys it concerns.
type attentionItem struct {
	Account  string                `json:"account"`
	Code     journey.AttentionCode `json:"code"`
	Detail   string                `json:"detail,omitempty"`
	Owner    journey.Owner         `json:"owner"`
	Severity journey.Severity      `json:"severity"`
	Text     string                `json:"text"`
	Clears   string                `json:"clears"`
	Since    time.Time             `json:"since"`
	Count    int                   `json:"count"`
	// Journeys are some of them, at most ten.
	Journeys       []string  `json:"journeys"`
	AcknowledgedBy string    `json:"acknowledgedBy,omitempty"`
	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero"`
}

// attention handles GET /v1/attention.
func (a *API) attention(in *call) (reply, error) {
	accounts, err := in.only()
	if err != nil {
		return reply{}, err
	}
	all, err := a.cfg.Ledger.Attention(in.ctx, accounts)
	if !in.token.seesAML() {
		all = slices.DeleteFunc(all, func(i ledger.Attention) bool { return aboutAML(i.Code) })
	}
	kinds := map[journey.AttentionCode]journey.AttentionKind{}
	for _, kind := range journey.AttentionKinds() {
		kinds[kind.Code] = kind
	}
	return ok(gin.H{"attention": rows(all, func(i ledger.Attention) attentionItem {
		kind := kinds[i.Code]
		return attentionItem{i.Account, i.Code, i.Detail, kind.Owner, kind.Severity, kind.Text, kind.Clears, i.Since, i.Count,
			slices.Concat([]string{}, i.Journeys), i.AcknowledgedBy, i.AcknowledgedAt}
	})}), err
}

type shownSpotCheck struct {
	Account   string              `json:"account"`
	ID        string              `json:"spotCheckJourneyId"`
	Reference string              `json:"reference,omitempty"`
	JourneyID string              `json:"journeyId,omitempty"`
	Outcome   journey.SpotOutcome `json:"outcome"`
	System    string              `json:"systemDecision,omitempty"`
	Reasons   []string            `json:"reasons,omitempty"`
	DecidedAt time.Time           `json:"decidedAt"`
}

// spotChecks handles GET /v1/spot-checks: those whose journey a person has to name.
func (a *API) spotChecks(in *call) (reply, error) {
	accounts, err := in.only()
	if err != nil {
		return reply{}, err
	}
	held, err := a.cfg.Ledger.HeldSpotChecks(in.ctx, accounts)
	return ok(gin.H{"spotChecks": rows(held, func(d ledger.HeldSpotCheck) shownSpotCheck {
		return shownSpotCheck{d.Account, d.SpotID, d.Reference, d.JourneyID, d.Outcome, d.System, d.Reasons, d.DecidedAt}
	})}), err
}
