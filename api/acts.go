package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
)

// The reasons of acts whose callers give none.
const (
	refreshReason = "asked to look again"
	eraseReason   = "erasure was asked for"
)

// actBody is the body of an act.
type actBody interface {
	// arg checks the body and returns the argument of the update.
	arg(update string, t *token) (any, error)
}

// act returns the handler of an act. Defaults are the body's values for the keys that the
// caller leaves out; the whole body may be missing if it is optional.
func act[B actBody](a *API, update string, defaults B, optional bool) handler {
	return func(in *call) (reply, error) {
		body := defaults
		if err := in.body(optional, &body); err != nil {
			return reply{}, err
		}
		arg, err := body.arg(update, in.token)
		if err != nil {
			return reply{}, err
		}
		return a.send(in, update, arg)
	}
}

// reviewBody decides a review by an outcome, or an AML alert by a disposition.
type reviewBody struct {
	Review      string              `json:"review"`
	Outcome     journey.Outcome     `json:"outcome"`
	Disposition journey.Disposition `json:"disposition"`
	Reason      string              `json:"reason"`
}

func (b reviewBody) arg(_ string, t *token) (any, error) {
	err := cmp.Or(text("review", b.Review, maxReference), b.checkDecision(), text("reason", b.Reason, maxReason))
	if err == nil && b.Disposition != "" && !t.seesAML() {
		err = forbidden(config.ScopeAMLRead)
	}
	return journey.Reviewed{
		Review: b.Review, Outcome: b.Outcome, Disposition: b.Disposition, Actor: t.name, Reason: b.Reason, AMLHidden: !t.seesAML(),
	}, err
}

func (b reviewBody) checkDecision() error {
	switch {
	case (b.Outcome == "") == (b.Disposition == ""):
		return badRequest("write outcome for a review, or disposition for an AML alert")
	case b.Outcome != "":
		return oneOf("outcome", b.Outcome, journey.OutcomeApproved, journey.OutcomeRejected)
	default:
		return oneOf("disposition", b.Disposition, journey.TrueMatch, journey.FalsePositive, journey.AcceptedMatch)
	}
}

// overrideBody defaults to a sequence of -1, because 0 is the sequence of no standing.
type overrideBody struct {
	Outcome  journey.Outcome `json:"outcome"`
	Sequence int             `json:"sequence"`
	Reason   string          `json:"reason"`
}

func (b overrideBody) arg(update string, t *token) (any, error) {
	err := oneOf("outcome", b.Outcome, journey.OutcomeApproved, journey.OutcomeRejected, journey.OutcomeOnHold)
	if err == nil && b.Sequence < 0 {
		err = badRequest("sequence is missing: name the standing that you saw, 0 if there is none")
	}
	err = cmp.Or(err, text("reason", b.Reason, maxReason))
	if err == nil && b.Outcome == journey.OutcomeApproved && !t.seesAML() {
		err = forbidden(config.ScopeAMLRead)
	}
	arg := t.act(update, b.Reason)
	arg.Outcome, arg.Sequence = b.Outcome, b.Sequence
	return arg, err
}

type retryBody struct {
	Step   string `json:"step"`
	Reason string `json:"reason"`
}

func (b retryBody) arg(update string, t *token) (any, error) {
	arg := t.act(update, b.Reason)
	arg.Step = b.Step
	return arg, cmp.Or(text("step", b.Step, maxReference), text("reason", b.Reason, maxReason))
}

type reasonBody struct {
	Reason string `json:"reason"`
}

func (b reasonBody) arg(update string, t *token) (any, error) {
	return t.act(update, b.Reason), text("reason", b.Reason, maxReason)
}

func (t *token) act(update, reason string) journey.Act {
	return journey.Act{Kind: update, Actor: t.name, Reason: reason, AMLHidden: !t.seesAML()}
}

func oneOf[T ~string](key string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return badRequest(fmt.Sprintf("%s must be one of %v", key, allowed))
}

// acted is the answer to an act: the journey as it is afterwards.
type acted struct {
	Phase    journey.Phase     `json:"phase"`
	Standing *journey.Standing `json:"standing,omitempty"`
}

// send acts on a journey that the ledger knows: an update must not start a workflow for
// an unknown id, nor wake a journey that has ended.
func (a *API) send(in *call, update string, arg any) (reply, error) {
	v, err := a.view(in)
	if err != nil {
		return reply{}, err
	}
	now := journey.Acted{Phase: v.Phase, Standing: v.Standing}
	switch erase := update == journey.UpdateErase; {
	case v.Phase == journey.Erased && erase: // it is done already
	case v.Phase == journey.Erased, v.Phase == journey.Ended && !erase:
		return reply{}, conflict("closed", "the journey has "+string(v.Phase)+" for good")
	case in.token.endsHold(v, update):
		return reply{}, forbidden(config.ScopeAMLRead)
	default:
		if now, err = a.cfg.Operator.Act(in.ctx, in.account, in.id, update, arg); err != nil {
			return reply{}, err
		}
	}
	out := reply{status: http.StatusOK, body: acted{now.Phase, shownStanding(now.Standing)}}
	if update == journey.UpdateErase {
		out.status = http.StatusAccepted // the vendor's erasure takes time; journey.erased reports its end
	}
	return out, nil
}

// acknowledge handles POST /v1/attention/{account}/{code}/acknowledge: a person takes care
// of it. It stays open until its cause is gone.
func (a *API) acknowledge(in *call) (reply, error) {
	var body struct {
		Detail string `json:"detail"`
	}
	if err := in.body(true, &body); err != nil {
		return reply{}, err
	}
	code := journey.AttentionCode(in.gin.Param("code"))
	if !slices.Contains(journey.AttentionCodes(), code) || aboutAML(code) && !in.token.seesAML() {
		return reply{}, notFound()
	}
	if body.Detail != "" {
		if err := text("detail", body.Detail, maxReference); err != nil {
			return reply{}, err
		}
	}
	in.id = string(code)
	err := a.cfg.Ledger.Acknowledge(in.ctx, in.account, code, body.Detail, in.token.name, a.cfg.Now().UTC())
	return reply{status: http.StatusNoContent}, err
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
	if _, err := a.cfg.Ledger.SpotCheck(in.ctx, in.account, in.id); err != nil {
		return reply{}, err
	}
	if _, err := a.cfg.Ledger.View(in.ctx, in.account, body.JourneyID); err != nil {
		return reply{}, err
	}
	err := a.cfg.Operator.Link(in.ctx, in.account, in.id, linkArg{body.JourneyID, in.token.name, body.Reason})
	return reply{status: http.StatusNoContent}, err
}
