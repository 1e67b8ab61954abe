package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/steps"
)

var (
	errNoCall      = errors.New("no question that is still open has this token")
	errOtherAnswer = errors.New("this question has another answer already, which stays")
)

// stepCallback handles POST /v1/callbacks/steps/{token}: the answer that a step's service
// gives later. The token in the path is the only credential, and good for one answer to one
// question: 200 if the answer is kept, also if it comes again; 409 if another one was kept;
// 404 if there is no such token or its time is over. The journey receives only a hint; it
// finds the answer in the ledger when it runs the step's activity again.
//
// An answer is kept even if the caller has gone. No path is logged, because the token is in
// it.
func (a *API) stepCallback(c *gin.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), ledgerTimeout)
	defer cancel()
	answer, err := a.takeAnswer(ctx, &call{gin: c})
	if err != nil {
		write(c, a.callbackProblem(ctx, err).reply())
		return
	}
	write(c, ok(gin.H{"outcome": answer.Outcome}))
}

func (a *API) takeAnswer(ctx context.Context, in *call) (journey.StepAnswer, error) {
	question, err := a.cfg.Ledger.StepCallByToken(ctx, steps.TokenHash(in.gin.Param("token")))
	if err != nil {
		return journey.StepAnswer{}, err
	}
	// An answer is taken for as long as the journey may wait, counted from the first try to
	// ask; never for a step that is no longer configured.
	account := a.accounts[question.Account]
	step, _ := account.Step(question.Step)
	if !a.cfg.Now().Before(question.OpenedAt.Add(step.Patience + step.AnswerWithin)) {
		return journey.StepAnswer{}, errNoCall
	}
	raw, err := in.read(steps.MaxAnswer, false)
	if err != nil {
		return journey.StepAnswer{}, err
	}
	answer, err := steps.ReadCallback(raw)
	if err != nil {
		return answer, badRequest(err.Error())
	}
	return answer, a.keepAnswer(ctx, question, answer)
}

// keepAnswer keeps the answer and records a hint for the journey. A caller that saw no 200
// calls again; both may therefore be repeated.
func (a *API) keepAnswer(ctx context.Context, q ledger.StepCall, answer journey.StepAnswer) error {
	now := a.cfg.Now()
	fresh, err := a.cfg.Ledger.SaveStepAnswer(ctx, ledger.StepAnswer{
		Account: q.Account, JourneyID: q.JourneyID, Step: q.Step, Round: q.Round, Subject: q.Subject, Answer: answer, At: now,
	})
	if err == nil && !fresh {
		var kept ledger.StepAnswer
		kept, err = a.cfg.Ledger.StepAnswer(ctx, q.Account, q.JourneyID, q.Step, q.Round, q.Subject)
		if err == nil && kept.Answer != answer {
			err = errOtherAnswer
		}
	}
	if err != nil {
		return err
	}
	_, err = a.cfg.Ledger.RecordEvent(ctx, journey.Event{
		EventID: steps.Key(journey.StepInput{Account: q.Account, JourneyID: q.JourneyID, Step: q.Step, Round: q.Round, Subject: q.Subject}),
		Type:    journey.StepAnswered, Account: q.Account, JourneyID: q.JourneyID, Hint: journey.Hint{Step: q.Step}, ReceivedAt: now,
	})
	if err == nil {
		a.cfg.Wake()
	}
	return err
}

func (a *API) callbackProblem(ctx context.Context, err error) *problem {
	var p *problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errNoCall), errors.Is(err, ledger.ErrErased), errors.Is(err, ledger.ErrNotFound):
		return problemOf(http.StatusNotFound, "not_found", errNoCall.Error())
	case errors.Is(err, errOtherAnswer):
		return conflict("answered_otherwise", err.Error())
	default:
		a.log.ErrorContext(ctx, "API: a step's answer could not be kept", "error", err)
		return unavailable("the answer could not be kept now; send it again")
	}
}
