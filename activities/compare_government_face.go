package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"idjourney/government"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/telemetry"
)

// CompareGovernmentFace is the vendor's custom step with the government's face: it fetches
// the result, fetches the face by personal number, submits it, and waits until the
// comparison appears. It checks the result before it submits and records the intent first,
// so that a face is never submitted twice in one round, wherever the activity is killed.
// At the start of a later round the vendor still shows the comparison of an earlier one,
// until it changes.
func (a *Activities) CompareGovernmentFace(ctx context.Context, in journey.StepInput) (journey.StepAnswer, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.StepAnswer{}, err
	}
	step, ok := acc.config.Step(in.Step)
	if !ok || acc.government == nil {
		// Another worker's configuration may list it; the step's patience limits the wait.
		return journey.StepAnswer{}, retryable("step_unlisted", fmt.Errorf("the configuration of this worker lists no step %q with a government source", in.Step), 0)
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	if err != nil {
		return journey.StepAnswer{}, vendorUnavailable(ctx, err)
	}
	c := &comparing{Activities: a, acc: acc, step: step, in: in, subject: a.subject(result)}
	c.recall(ctx, result)
	switch {
	case c.shown(result) != nil:
		return compared(*c.shown(result), c.subject), nil
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
		return journey.StepAnswer{}, retryable("government_unavailable", err, 0)
	}
	if err := c.submitOnce(ctx, image, result); err != nil {
		return journey.StepAnswer{}, err
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

// await polls until the vendor shows the comparison or match_wait is over; the vendor
// processes asynchronously. If the vendor is unavailable at the end, it is unknown whether
// there is a comparison, and the next attempt checks again.
func (c *comparing) await(ctx context.Context) (journey.StepAnswer, error) {
	deadline := time.Now().Add(c.step.MatchWait)
	for {
		activity.RecordHeartbeat(ctx, c.earlier)
		result, err := c.acc.vendor.Result(ctx, c.in.JourneyID)
		left := time.Until(deadline)
		asked, _ := idwise.RetryAfter(err)
		switch {
		case ctx.Err() != nil:
			return journey.StepAnswer{}, ctx.Err()
		case err == nil && c.shown(result) != nil:
			return compared(*c.shown(result), c.subject), nil
		case err != nil && asked >= left:
			return journey.StepAnswer{}, vendorUnavailable(ctx, err)
		case left <= 0:
			return inconclusive("comparison_not_shown", c.subject), nil
		}
		if err := pause(ctx, min(max(c.step.MatchPoll, asked), left), c.earlier); err != nil {
			return journey.StepAnswer{}, err
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

func compared(f journey.FaceComparison, subject string) journey.StepAnswer {
	if f.Matched {
		return journey.StepAnswer{Outcome: journey.StepPassed, Subject: subject}
	}
	return journey.StepAnswer{Outcome: journey.StepFailed, Reason: "mismatch", Subject: subject}
}

func inconclusive(reason, subject string) journey.StepAnswer {
	return journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: reason, Subject: subject}
}
