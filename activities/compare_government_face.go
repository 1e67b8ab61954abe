package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"

	"idjourney/config"
	"idjourney/government"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/telemetry"
)

// CompareGovernmentFace is the vendor's custom step with the government's face:
// fetch the result, look the face up by personal number, submit it, and wait for
// the comparison to show. It looks before it submits and records the intent first,
// so whatever kills it a face is never submitted twice in one round. What the vendor
// shows when a later round begins is the comparison of an earlier one, until it
// changes.
func (a *Activities) CompareGovernmentFace(ctx context.Context, in journey.StepInput) (journey.StepAnswer, error) {
	link(ctx, in.Links)
	acc, err := a.account(in.Account)
	if err != nil {
		return journey.StepAnswer{}, err
	}
	step, ok := acc.config.Step(in.Step)
	if !ok || acc.government == nil {
		// Another worker's configuration may list it; the step's patience bounds the wait.
		return journey.StepAnswer{}, retryable("step_unlisted", fmt.Errorf("the configuration of this worker lists no step %q with a government source", in.Step), 0)
	}
	result, err := acc.vendor.Result(ctx, in.JourneyID)
	if err != nil {
		return journey.StepAnswer{}, vendorUnavailable(err)
	}
	subject, earlier := a.subject(result), a.earlier(ctx, in, result)
	switch {
	case face(result) != nil && a.comparison(result) != earlier:
		return compared(*face(result), subject), nil
	case result.Ended():
		return inconclusive("journey_closed", subject), nil
	case result.Applicant == nil || result.Applicant.PersonalNumber == "":
		return inconclusive("no_personal_number", subject), nil
	}
	if answer, done, err := a.submitFace(ctx, acc, step, in, result, earlier); done || err != nil {
		return answer, err
	}
	return a.awaitComparison(ctx, acc, step, in, subject, earlier)
}

// submitFace looks the face up and submits it. done is true if there is none, which
// is the step's answer.
func (a *Activities) submitFace(ctx context.Context, acc *account, step config.Step, in journey.StepInput, result *idwise.Result, earlier string) (answer journey.StepAnswer, done bool, err error) {
	activity.RecordHeartbeat(ctx, earlier) // each call may take most of the heartbeat's time-out
	image, err := a.face(ctx, acc, result.Applicant.PersonalNumber)
	switch {
	case errors.Is(err, government.ErrNoRecord):
		return inconclusive("no_record", a.subject(result)), true, nil
	case err != nil:
		return answer, false, retryable("government_unavailable", err, 0)
	}
	activity.RecordHeartbeat(ctx, earlier)
	return answer, false, a.submitOnce(ctx, acc, step, in, image)
}

// onceInRound names what is submitted once: the face of one round, whoever its
// subject. What the vendor reads from the documents may still change after the user's
// steps, and must not make a second face of the first.
func onceInRound(round int) string {
	if round == 0 {
		return "any"
	}
	return "any#" + strconv.Itoa(round)
}

// earlier names the comparison that an earlier round left behind, "" for none. A
// retried attempt knows it from the one before: what shows now may be new already.
func (a *Activities) earlier(ctx context.Context, in journey.StepInput, now *idwise.Result) (name string) {
	if in.Round == 0 {
		return ""
	}
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &name) == nil {
		return name
	}
	return a.comparison(now)
}

// comparison names what the result shows of a submitted face, "" for nothing.
func (a *Activities) comparison(r *idwise.Result) string {
	if face(r) == nil {
		return ""
	}
	db := r.ScreeningChecks.AdditionalFaceDB
	parts := []string{db.ImagePath}
	for _, m := range db.FaceMatchResults {
		parts = append(parts, strconv.FormatBool(m.IsMatched), strconv.FormatFloat(m.Score, 'g', -1, 64))
		for _, image := range m.Images {
			parts = append(parts, image.ImagePath)
		}
	}
	return a.keyed("comparison", parts...)
}

// face looks the face up in the government's register.
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

// submitOnce submits the face unless it may have been submitted before. A call
// that the vendor surely did not process gives the right to submit back; after any
// other failure the comparison may still show, so it is awaited.
func (a *Activities) submitOnce(ctx context.Context, acc *account, step config.Step, in journey.StepInput, image government.Image) error {
	fresh, err := a.ledger.ClaimSubmission(ctx, in.Account, in.JourneyID, in.Step, onceInRound(in.Round))
	if err != nil {
		return retryable("ledger_unavailable", err, 0)
	}
	if !fresh {
		return nil
	}
	err = acc.vendor.ProcessCustomStep(ctx, in.JourneyID, step.StepID, image.Data, image.ContentType)
	if err == nil || !idwise.Definite(err) {
		return nil
	}
	// The claim has to go even if this attempt's time is over.
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if failed := a.ledger.ReleaseSubmission(release, in.Account, in.JourneyID, in.Step, onceInRound(in.Round)); failed != nil {
		return retryable("ledger_unavailable", fmt.Errorf("giving the submission back after %w: %w", err, failed), 0)
	}
	return vendorUnavailable(err)
}

// awaitComparison looks until the vendor shows the comparison or match_wait is
// over; the vendor's processing is asynchronous. A vendor that is away in the end
// has not said that there is no comparison: that is for the next attempt to see.
func (a *Activities) awaitComparison(ctx context.Context, acc *account, step config.Step, in journey.StepInput, subject, earlier string) (journey.StepAnswer, error) {
	deadline := time.Now().Add(step.MatchWait)
	for {
		activity.RecordHeartbeat(ctx, earlier)
		result, err := acc.vendor.Result(ctx, in.JourneyID)
		left := time.Until(deadline)
		asked, _ := idwise.RetryAfter(err)
		switch {
		case ctx.Err() != nil:
			return journey.StepAnswer{}, ctx.Err()
		case err == nil && face(result) != nil && a.comparison(result) != earlier:
			return compared(*face(result), subject), nil
		case err != nil && asked >= left:
			return journey.StepAnswer{}, vendorUnavailable(err)
		case left <= 0:
			return inconclusive("comparison_not_shown", subject), nil
		}
		if err := pause(ctx, min(max(step.MatchPoll, asked), left), earlier); err != nil {
			return journey.StepAnswer{}, err
		}
	}
}

// pause waits with heartbeats, so that a long wait is not taken for a dead worker.
// Each carries what the next attempt has to know, since it replaces the one before.
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
