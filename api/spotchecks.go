package api

import (
	"net/http"
	"time"

	"idjourney/idwise"
	"idjourney/journey"
)

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

type spotCheckList struct {
	SpotChecks []shownSpotCheck `json:"spotChecks"`
}

// spotChecks handles GET /v1/spot-checks: those that wait for a person to say which
// journey they belong to.
func (a *API) spotChecks(in *call) (reply, error) {
	accounts, err := in.only()
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := in.context()
	defer cancel()
	held, err := a.cfg.Ledger.HeldSpotChecks(ctx, accounts)
	if err != nil {
		return reply{}, err
	}
	out := spotCheckList{SpotChecks: []shownSpotCheck{}}
	for _, d := range held {
		out.SpotChecks = append(out.SpotChecks, shownSpotCheck{d.Account, d.SpotID, d.Reference, d.JourneyID, d.Outcome, d.System, d.Reasons, d.DecidedAt})
	}
	return ok(out), nil
}

// linkArg is the argument of the update link.
type linkArg struct {
	JourneyID string `json:"journeyId"`
	Actor     string `json:"actor"`
	Reason    string `json:"reason"`
}

// link handles POST /v1/spot-checks/{account}/{spotCheckJourneyId}/link.
func (a *API) link(in *call) (reply, error) {
	var body struct {
		JourneyID string `json:"journeyId"`
		Reason    string `json:"reason"`
	}
	if err := in.body(false, &body); err != nil {
		return reply{}, err
	}
	if !idwise.ValidID(body.JourneyID) {
		return reply{}, badRequest("journeyId is missing or cannot be an id")
	}
	if err := text("reason", body.Reason, maxReason); err != nil {
		return reply{}, err
	}
	looking, cancelLook := in.context()
	defer cancelLook()
	if _, err := a.cfg.Ledger.SpotCheck(looking, in.account, in.id); err != nil {
		return reply{}, err
	}
	if _, err := a.cfg.Ledger.View(looking, in.account, body.JourneyID); err != nil {
		return reply{}, err
	}
	ctx, cancel := in.whole(actTimeout)
	defer cancel()
	if err := a.cfg.Operator.Link(ctx, in.account, in.id, linkArg{body.JourneyID, in.token.name, body.Reason}); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}
