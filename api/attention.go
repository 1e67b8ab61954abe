package api

import (
	"net/http"
	"slices"
	"time"

	"idjourney/journey"
)

// attentionItem is one thing that needs a person, for all journeys it concerns.
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

type attentionList struct {
	Attention []attentionItem `json:"attention"`
}

// attention handles GET /v1/attention.
func (a *API) attention(in *call) (reply, error) {
	accounts, err := in.only()
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := in.context()
	defer cancel()
	all, err := a.cfg.Ledger.Attention(ctx, accounts)
	if err != nil {
		return reply{}, err
	}
	out := attentionList{Attention: []attentionItem{}}
	for _, i := range all {
		if aboutAML(string(i.Code)) && !in.token.seesAML() {
			continue
		}
		kind := attentionKind(i.Code)
		out.Attention = append(out.Attention, attentionItem{
			Account: i.Account, Code: i.Code, Detail: i.Detail,
			Owner: kind.Owner, Severity: kind.Severity, Text: kind.Text, Clears: kind.Clears,
			Since: i.Since, Count: i.Count, Journeys: slices.Concat([]string{}, i.Journeys),
			AcknowledgedBy: i.AcknowledgedBy, AcknowledgedAt: i.AcknowledgedAt,
		})
	}
	return ok(out), nil
}

func attentionKind(code journey.AttentionCode) journey.AttentionKind {
	all := journey.AttentionKinds()
	if i := slices.IndexFunc(all, func(k journey.AttentionKind) bool { return k.Code == code }); i >= 0 {
		return all[i]
	}
	return journey.AttentionKind{Code: code}
}

// acknowledge handles POST /v1/attention/{account}/{code}/acknowledge: somebody takes
// care of it. It stays open until its cause is gone.
func (a *API) acknowledge(in *call) (reply, error) {
	var body struct {
		Detail string `json:"detail"`
	}
	if err := in.body(true, &body); err != nil {
		return reply{}, err
	}
	code := journey.AttentionCode(in.gin.Param("code"))
	if !slices.Contains(journey.AttentionCodes(), code) || aboutAML(string(code)) && !in.token.seesAML() {
		return reply{}, notFound()
	}
	if body.Detail != "" {
		if err := text("detail", body.Detail, maxReference); err != nil {
			return reply{}, err
		}
	}
	in.id = string(code)
	ctx, cancel := in.whole(ledgerTimeout)
	defer cancel()
	if err := a.cfg.Ledger.Acknowledge(ctx, in.account, code, body.Detail, in.token.name, a.cfg.Now().UTC()); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}
