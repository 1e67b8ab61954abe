package activities

import (
	"context"
	"errors"
	"time"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/steps"
)

// CallStep asks the service of a custom step of kind http. An answer that is already in
// the ledger, from an earlier attempt or a callback, is final and the service is not asked
// again. So an activity that runs again after "pending" finds what arrived in between.
func (a *Activities) CallStep(ctx context.Context, in journey.StepInput) (journey.StepAnswer, error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return journey.StepAnswer{}, err
	}
	step, ok := acc.config.Step(in.Step)
	if !ok || step.HTTP == nil {
		return journey.StepAnswer{}, unlisted("step", in.Step, " of the kind http") // the step's patience limits the wait
	}
	if answer, known, err := a.stepAnswer(ctx, in); err != nil || known {
		return answer, err
	}
	callback, err := a.openCallback(ctx, step, in)
	if errors.Is(err, ledger.ErrErased) {
		return inconclusive("journey_erased", in.Subject), nil
	}
	if err != nil {
		return journey.StepAnswer{}, ledgerError(err)
	}
	answer, err := a.steps.Ask(ctx, steps.Service{URL: step.HTTP.URL, Token: step.HTTP.Token.Reveal(), Timeout: step.HTTP.Timeout}, in, callback)
	unavailable, ok := errors.AsType[*steps.Unavailable](err)
	switch {
	case ok:
		// A wait longer than the patience would end the step immediately.
		return answer, retryable("service_unavailable", err, min(unavailable.RetryAfter, step.Patience/4))
	case err != nil:
		return answer, retryable("service_unavailable", err, 0)
	case answer.Reason == steps.ReasonRefused || answer.Reason == steps.ReasonBadAnswer:
		return answer, nil // not the service's own answer, so it is not recorded
	}
	return a.settleStep(ctx, in, answer)
}

// openCallback accepts a later answer from before the service can know of it. The token
// is the same for every attempt, and only its hash is stored.
func (a *Activities) openCallback(ctx context.Context, step config.Step, in journey.StepInput) (string, error) {
	if !step.HTTP.Callback || a.apiURL == "" {
		return "", nil
	}
	token := steps.Token(a.key, in)
	err := a.ledger.OpenStepCall(ctx, ledger.StepCall{
		Account: in.Account, JourneyID: in.JourneyID, Step: in.Step, Round: in.Round, Subject: in.Subject, OpenedAt: time.Now(),
	}, steps.TokenHash(token))
	return steps.CallbackURL(a.apiURL, token), err
}

// settleStep records the answer. If the ledger already has one, that answer came first, by
// callback, possibly before the 202, and is final.
func (a *Activities) settleStep(ctx context.Context, in journey.StepInput, answer journey.StepAnswer) (journey.StepAnswer, error) {
	if answer.Outcome != journey.StepPending {
		fresh, err := a.ledger.SaveStepAnswer(ctx, ledger.StepAnswer{
			Account: in.Account, JourneyID: in.JourneyID, Step: in.Step, Round: in.Round, Subject: in.Subject,
			Answer: answer, At: time.Now(),
		})
		if err != nil || fresh {
			return answer, ledgerError(err)
		}
	}
	first, known, err := a.stepAnswer(ctx, in)
	if err == nil && !known {
		return answer, nil
	}
	return first, err
}

// stepAnswer is the recorded answer to this question, if there is one.
func (a *Activities) stepAnswer(ctx context.Context, in journey.StepInput) (answer journey.StepAnswer, known bool, err error) {
	held, err := a.ledger.StepAnswer(ctx, in.Account, in.JourneyID, in.Step, in.Round, in.Subject)
	if errors.Is(err, ledger.ErrNotFound) {
		return journey.StepAnswer{}, false, nil
	}
	return held.Answer, err == nil, ledgerError(err)
}
