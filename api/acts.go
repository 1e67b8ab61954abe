package api

import (
	"fmt"
	"net/http"
	"slices"

	"idjourney/config"
	"idjourney/journey"
)

// The reasons of acts whose callers gave none.
const (
	refreshReason = "asked to look again"
	eraseReason   = "erasure was asked for"
)

// acted is the answer of an act: the journey as it is after it.
type acted struct {
	Phase    journey.Phase     `json:"phase"`
	Standing *journey.Standing `json:"standing,omitempty"`
}

func actedReply(status int, done journey.Acted) reply {
	out := acted{Phase: done.Phase}
	if done.Standing.Sequence > 0 {
		out.Standing = &done.Standing
	}
	return reply{status: status, body: out}
}

// reviewBody decides a review by an outcome, or an AML alert by a disposition.
type reviewBody struct {
	Review      string              `json:"review"`
	Outcome     journey.Outcome     `json:"outcome"`
	Disposition journey.Disposition `json:"disposition"`
	Reason      string              `json:"reason"`
}

// review handles POST /v1/journeys/{account}/{journeyId}/review.
func (a *API) review(in *call) (reply, error) {
	var body reviewBody
	if err := in.body(false, &body); err != nil {
		return reply{}, err
	}
	if err := body.check(); err != nil {
		return reply{}, err
	}
	if body.Disposition != "" && !in.token.seesAML() {
		return reply{}, forbidden(config.ScopeAMLRead)
	}
	return a.send(in, journey.UpdateReview, journey.Reviewed{
		Review: body.Review, Outcome: body.Outcome, Disposition: body.Disposition, Actor: in.token.name, Reason: body.Reason,
		AMLHidden: !in.token.seesAML(),
	})
}

func (b reviewBody) check() error {
	if err := text("review", b.Review, maxReference); err != nil {
		return err
	}
	switch {
	case (b.Outcome == "") == (b.Disposition == ""):
		return badRequest("write outcome for a review, or disposition for an AML alert")
	case b.Outcome != "":
		if err := oneOf("outcome", b.Outcome, journey.OutcomeApproved, journey.OutcomeRejected); err != nil {
			return err
		}
	default:
		if err := oneOf("disposition", b.Disposition, journey.TrueMatch, journey.FalsePositive, journey.AcceptedMatch); err != nil {
			return err
		}
	}
	return text("reason", b.Reason, maxReason)
}

// actKind reads and checks the body of one act, which may be missing if it is optional.
type actKind struct {
	optional bool
	read     func(raw []byte) (journey.Act, error)
}

var (
	overrideOf = actKind{read: func(raw []byte) (journey.Act, error) {
		var body struct {
			Outcome  journey.Outcome `json:"outcome"`
			Sequence *int            `json:"sequence"`
			Reason   string          `json:"reason"`
		}
		if err := decode(raw, &body); err != nil {
			return journey.Act{}, err
		}
		if err := oneOf("outcome", body.Outcome, journey.OutcomeApproved, journey.OutcomeRejected, journey.OutcomeOnHold); err != nil {
			return journey.Act{}, err
		}
		if body.Sequence == nil || *body.Sequence < 0 {
			return journey.Act{}, badRequest("sequence is missing: name the standing that you saw, 0 if there is none")
		}
		return journey.Act{Outcome: body.Outcome, Sequence: *body.Sequence, Reason: body.Reason}, text("reason", body.Reason, maxReason)
	}}
	retryOf = actKind{read: func(raw []byte) (journey.Act, error) {
		var body struct {
			Step   string `json:"step"`
			Reason string `json:"reason"`
		}
		if err := decode(raw, &body); err != nil {
			return journey.Act{}, err
		}
		if err := text("step", body.Step, maxReference); err != nil {
			return journey.Act{}, err
		}
		return journey.Act{Step: body.Step, Reason: body.Reason}, text("reason", body.Reason, maxReason)
	}}
	endOf     = actKind{read: func(raw []byte) (journey.Act, error) { return reasonOnly(raw, "") }}
	refreshOf = actKind{optional: true, read: func(raw []byte) (journey.Act, error) { return reasonOnly(raw, refreshReason) }}
	eraseOf   = actKind{optional: true, read: func(raw []byte) (journey.Act, error) { return reasonOnly(raw, eraseReason) }}
)

func reasonOnly(raw []byte, fallback string) (journey.Act, error) {
	body := struct {
		Reason string `json:"reason"`
	}{Reason: fallback}
	if err := decode(raw, &body); err != nil {
		return journey.Act{}, err
	}
	return journey.Act{Reason: body.Reason}, text("reason", body.Reason, maxReason)
}

func oneOf[T ~string](key string, value T, allowed ...T) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return badRequest(fmt.Sprintf("%s must be one of %v", key, allowed))
}

// act returns the handler of an act by update.
func (a *API) act(update string, kind actKind) func(*call) (reply, error) {
	return func(in *call) (reply, error) {
		raw, err := in.read(maxBody, kind.optional)
		if err != nil {
			return reply{}, err
		}
		arg, err := kind.read(raw)
		if err != nil {
			return reply{}, err
		}
		arg.Kind, arg.Actor, arg.AMLHidden = update, in.token.name, !in.token.seesAML()
		if arg.Outcome == journey.OutcomeApproved && arg.AMLHidden {
			return reply{}, forbidden(config.ScopeAMLRead)
		}
		return a.send(in, update, arg)
	}
}

// send acts on a journey that the ledger knows: an update must not start a workflow for
// an unknown id, nor wake a journey that has ended.
func (a *API) send(in *call, update string, arg any) (reply, error) {
	v, err := a.view(in)
	if err != nil {
		return reply{}, err
	}
	switch {
	case v.Phase == journey.Erased && update == journey.UpdateErase:
		return actedReply(http.StatusAccepted, journey.Acted{Phase: v.Phase, Standing: v.Standing}), nil
	case v.Phase == journey.Erased, v.Phase == journey.Ended && update != journey.UpdateErase:
		return reply{}, conflict("closed", "the journey has "+string(v.Phase)+" for good")
	}
	if err := in.token.endsHold(v, update); err != nil {
		return reply{}, err
	}
	ctx, cancel := in.whole(actTimeout)
	defer cancel()
	done, err := a.cfg.Operator.Act(ctx, in.account, in.id, update, arg)
	if err != nil {
		return reply{}, err
	}
	status := http.StatusOK
	if update == journey.UpdateErase {
		status = http.StatusAccepted // the vendor's erasure takes time; journey.erased reports its end
	}
	return actedReply(status, done), nil
}
