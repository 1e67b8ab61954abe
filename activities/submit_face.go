package activities

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"

	"idjourney/config"
	"idjourney/government"
	"idjourney/idwise"
	"idjourney/journey"
)

// comparing is one attempt of CompareGovernmentFace.
type comparing struct {
	*Activities
	acc     *account
	step    config.Step
	in      journey.StepInput
	subject string
	// earlier names the comparison left by an earlier round, which does not count in this
	// one. Recalled is true if a previous attempt saw it.
	earlier  string
	recalled bool
}

// onceInRound is the key of a submission: one face per round, whatever the subject. The
// vendor may still change what it reads from the documents after the user's steps, and
// that must not cause a second submission.
func onceInRound(round int) string {
	if round == 0 {
		return "any"
	}
	return "any#" + strconv.Itoa(round)
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
// failure the comparison may still appear, so the step waits for it.
func (c *comparing) submitOnce(ctx context.Context, image government.Image, before *idwise.Result) error {
	once := onceInRound(c.in.Round)
	fresh, err := c.ledger.ClaimSubmission(ctx, c.in.Account, c.in.JourneyID, c.in.Step, once)
	if err != nil {
		return retryable("ledger_unavailable", err, 0)
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
		return retryable("ledger_unavailable", fmt.Errorf("giving the submission back after %w: %w", err, failed), 0)
	}
	return vendorUnavailable(ctx, err)
}

// ofPresentImages reports whether each comparison uses an image that the documents are
// also compared with, and thus the user's latest submission.
func ofPresentImages(r *idwise.Result) bool {
	var present []string
	for _, document := range r.Documents {
		if document.FaceMatchResult != nil {
			for _, image := range document.FaceMatchResult.Images {
				present = append(present, image.ImagePath)
			}
		}
	}
	if face(r) == nil {
		return false
	}
	for _, m := range r.ScreeningChecks.AdditionalFaceDB.FaceMatchResults {
		if !slices.ContainsFunc(m.Images, func(i idwise.FaceImage) bool {
			return i.ImagePath != "" && slices.Contains(present, i.ImagePath)
		}) {
			return false
		}
	}
	return true
}
