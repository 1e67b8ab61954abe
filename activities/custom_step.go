package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"

	"idjourney/config"
	"idjourney/government"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/steps"
	"idjourney/telemetry"
)

// CompareGovernmentFace is the vendor's custom step with the government's face: it fetches
// the face by personal number, submits it, and waits until the comparison appears. It checks
// the result and records the intent before it submits, so that a face is never submitted
// twice in one round, wherever the activity is killed.
func (a *Activities) CompareGovernmentFace(ctx context.Context, in journey.StepInput) (answer journey.StepAnswer, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	step, ok := acc.config.Step(in.Step)
	if !ok || acc.government == nil {
		return answer, unlisted("step", in.Step, " with a government source") // the step's patience limits the wait
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	if err != nil {
		return answer, vendorUnavailable(ctx, err)
	}
	c := &comparing{Activities: a, acc: acc, step: step, in: in, subject: a.subject(result)}
	c.recall(ctx, result)
	switch {
	case c.shown(result) != nil:
		return c.compared(result), nil
	case result.Ended():
		return inconclusive("journey_closed", c.subject), nil
	case result.Applicant == nil || result.Applicant.PersonalNumber == "":
		return inconclusive("no_personal_number", c.subject), nil
	}
	activity.RecordHeartbeat(ctx, c.earlier) // each request may take most of the heartbeat's time-out
	image, err := a.face(ctx, acc, result.Applicant.PersonalNumber)
	switch {
	case errors.Is(err, government.ErrNoRecord):
		return inconclusive("no_record", c.subject), nil
	case err != nil:
		return answer, retryable("government_unavailable", err, 0)
	}
	if err := c.submitOnce(ctx, image, result); err != nil {
		return answer, err
	}
	return c.await(ctx)
}

// face fetches the face from the government's register.
func (a *Activities) face(ctx context.Context, acc *account, personalNumber string) (government.Image, error) {
	began := time.Now()
	image, err := acc.government.Face(ctx, personalNumber)
	outcome := telemetry.GovernmentOK
	switch {
	case errors.Is(err, government.ErrNoRecord):
		outcome = telemetry.GovernmentNoRecord
	case err != nil:
		outcome = telemetry.GovernmentFailed
	}
	a.measure.GovernmentCall(ctx, acc.config.Name, outcome, time.Since(began))
	return image, err
}

// comparing is one attempt of CompareGovernmentFace.
type comparing struct {
	*Activities
	acc     *account
	step    config.Step
	in      journey.StepInput
	subject string
	// earlier names the comparison of an earlier round, which the vendor still shows and which
	// does not count in this one. Recalled is true if a previous attempt saw it.
	earlier  string
	recalled bool
}

// recall finds the comparison of an earlier round. A previous attempt has it in its
// heartbeats; what the vendor shows by now may already be new.
func (c *comparing) recall(ctx context.Context, now *idwise.Result) {
	switch {
	case c.in.Round == 0:
	case activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &c.earlier) == nil:
		c.recalled = true
	default:
		c.earlier = c.name(now)
	}
}

// shown is the comparison of this round; nil until the vendor shows one.
func (c *comparing) shown(r *idwise.Result) *journey.FaceComparison {
	if c.name(r) == c.earlier {
		return nil
	}
	return face(r)
}

func (c *comparing) compared(r *idwise.Result) journey.StepAnswer {
	if face(r).Matched {
		return journey.StepAnswer{Outcome: journey.StepPassed, Subject: c.subject}
	}
	return journey.StepAnswer{Outcome: journey.StepFailed, Reason: "mismatch", Subject: c.subject}
}

func inconclusive(reason, subject string) journey.StepAnswer {
	return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: reason, Subject: subject}
}

// name identifies a comparison; "" for none.
func (c *comparing) name(r *idwise.Result) string {
	if face(r) == nil {
		return ""
	}
	parts := []string{r.ScreeningChecks.AdditionalFaceDB.ImagePath}
	for _, m := range r.ScreeningChecks.AdditionalFaceDB.FaceMatchResults {
		parts = append(parts, strconv.FormatBool(m.IsMatched), strconv.FormatFloat(m.Score, 'g', -1, 64))
		for _, image := range m.Images {
			parts = append(parts, image.ImagePath)
		}
	}
	return c.keyed("comparison", parts...)
}

// submitOnce submits the face unless it may already have been submitted in this round. It
// releases the claim if the vendor certainly did not process the request; after any other
// failure the comparison may still appear. The claim's key is the round and not the subject:
// the vendor may change what it reads from the documents, which must not submit twice.
func (c *comparing) submitOnce(ctx context.Context, image government.Image, before *idwise.Result) error {
	once := "any"
	if c.in.Round != 0 {
		once = "any#" + strconv.Itoa(c.in.Round)
	}
	fresh, err := c.ledger.ClaimSubmission(ctx, c.in.Account, c.in.JourneyID, c.in.Step, once)
	if err != nil {
		return ledgerError(err)
	}
	if !fresh {
		if !c.recalled && ofPresentImages(before) {
			c.earlier = "" // another execution submitted in this round, and this is its comparison
		}
		return nil
	}
	activity.RecordHeartbeat(ctx, c.earlier)
	err = c.acc.next.ProcessCustomStep(ctx, c.in.JourneyID, c.step.StepID, image.Data, image.ContentType)
	if err == nil || !idwise.Definite(err) {
		return nil
	}
	// The claim must be released even if this attempt's time is over.
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if failed := c.ledger.ReleaseSubmission(release, c.in.Account, c.in.JourneyID, c.in.Step, once); failed != nil {
		return ledgerError(fmt.Errorf("giving the submission back after %w: %w", err, failed))
	}
	return vendorUnavailable(ctx, err)
}

// ofPresentImages reports whether each comparison uses an image that the documents are
// also compared with, and thus the user's latest submission.
func ofPresentImages(r *idwise.Result) bool {
	present := map[string]bool{}
	for _, document := range r.Documents {
		if document.FaceMatchResult != nil {
			for _, image := range document.FaceMatchResult.Images {
				present[image.ImagePath] = image.ImagePath != ""
			}
		}
	}
	return face(r) != nil && !slices.ContainsFunc(r.ScreeningChecks.AdditionalFaceDB.FaceMatchResults, func(m idwise.FaceMatch) bool {
		return !slices.ContainsFunc(m.Images, func(i idwise.FaceImage) bool { return present[i.ImagePath] })
	})
}

// await polls until the vendor shows the comparison or match_wait is over; the vendor
// processes asynchronously. If the vendor is unavailable at the end, it is unknown whether
// there is a comparison, and the next attempt checks again.
func (c *comparing) await(ctx context.Context) (answer journey.StepAnswer, err error) {
	deadline := time.Now().Add(c.step.MatchWait)
	for {
		activity.RecordHeartbeat(ctx, c.earlier)
		result, err := c.acc.vendor.Result(ctx, c.in.JourneyID)
		left := time.Until(deadline)
		asked := idwise.RetryAfter(err)
		switch {
		case ctx.Err() != nil:
			return answer, ctx.Err()
		case err == nil && c.shown(result) != nil:
			return c.compared(result), nil
		case err != nil && asked >= left:
			return answer, vendorUnavailable(ctx, err)
		case left <= 0:
			return inconclusive("comparison_not_shown", c.subject), nil
		}
		if err := pause(ctx, min(max(c.step.MatchPoll, asked), left), c.earlier); err != nil {
			return answer, err
		}
	}
}

// pause waits with heartbeats, so that a long wait does not look like a dead worker. Each
// heartbeat carries what the next attempt has to know, since it replaces the previous one.
func pause(ctx context.Context, d time.Duration, known string) error {
	end := time.NewTimer(d)
	defer end.Stop()
	beat := time.NewTicker(5 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			activity.RecordHeartbeat(ctx, known)
		case <-end.C:
			return nil
		}
	}
}

// CompleteCustomStep tells the vendor that no further custom step follows. It cannot be
// undone. If a worker is killed after the request, the next attempt repeats it, and the
// vendor may refuse the repetition: the result then shows whether the first one took effect.
func (a *Activities) CompleteCustomStep(ctx context.Context, in journey.CompleteInput) (answer journey.CompleteAnswer, err error) {
	acc, err := a.begin(ctx, in.Account, in.Links)
	if err != nil {
		return answer, err
	}
	err = acc.vendor.CompleteCustomStep(ctx, in.JourneyID)
	switch refusal, _ := problem(ctx, err); {
	case err == nil:
		return answer, nil
	case refusal != journey.ProblemDenied && refusal != journey.ProblemMissing:
		return answer, vendorUnavailable(ctx, err)
	}
	result, err := acc.next.Result(ctx, in.JourneyID)
	refusal, retry := problem(ctx, err)
	if retry == nil && (refusal != "" || !result.Ended()) {
		answer.Problem = "refused"
	}
	return answer, retry // on an error, it is not known yet whether the first one took effect
}

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
