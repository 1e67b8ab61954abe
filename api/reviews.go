package api

import (
	"errors"
	"time"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
)

type reviewItem struct {
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

type reviewPage struct {
	Reviews []reviewItem `json:"reviews"`
	Next    string       `json:"next,omitempty"`
}

// reviews handles GET /v1/reviews: what waits for a person, the oldest first.
func (a *API) reviews(in *call) (reply, error) {
	filter, err := in.reviewFilter()
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := in.context()
	defer cancel()
	items, next, err := a.cfg.Ledger.Reviews(ctx, filter)
	if errors.Is(err, ledger.ErrCursor) {
		return reply{}, badRequest("after is not the next of a page before")
	}
	if err != nil {
		return reply{}, err
	}
	page := reviewPage{Reviews: []reviewItem{}, Next: next}
	for _, item := range items {
		page.Reviews = append(page.Reviews, reviewItem{item.Account, item.JourneyID, item.ID, item.Kind,
			item.Reason, item.Severity, item.AMLVersion, item.Since, item.OverdueAt, item.Overdue})
	}
	return ok(page), nil
}

func (in *call) reviewFilter() (ledger.ReviewFilter, error) {
	var f ledger.ReviewFilter
	limit, err := in.number("limit", usualPage, 1, maxPage)
	if err != nil {
		return f, err
	}
	accounts, err := in.only()
	if err != nil {
		return f, err
	}
	f = ledger.ReviewFilter{Accounts: accounts, Kind: journey.ReviewKind(in.gin.Query("kind")), After: in.gin.Query("after"), Limit: int(limit), WithoutAML: !in.token.seesAML()}
	switch f.Kind {
	case "", journey.ReviewVendor, journey.ReviewLocal:
	case ledger.ReviewAML:
		if !in.token.seesAML() {
			return f, forbidden(config.ScopeAMLRead)
		}
	default:
		return f, badRequest("kind must be vendor, local or aml")
	}
	switch in.gin.Query("overdue") {
	case "", "false":
	case "true":
		f.Overdue = true
	default:
		return f, badRequest("overdue must be true or false")
	}
	return f, nil
}
