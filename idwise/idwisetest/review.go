package idwisetest

import (
	"errors"
	"fmt"

	"idjourney/idwise"
)

var errNotFinished = errors.New("the journey is not finished")

// scriptedReview plays the reviewer, one decision after the other, unless another decision
// came meanwhile; then the script continues. v.mu is held.
func (v *Vendor) scriptedReview(s *state) {
	decision := s.reviews[0]
	s.reviews = s.reviews[1:]
	before := s.now().manual
	if before == "" || before == s.reviewed {
		_ = v.review(s, decision) // a reopened journey cannot be reviewed
		s.reviewed = decision
	}
	if len(s.reviews) > 0 {
		v.step(s, v.scaled(s.script.reviewAfter), v.scriptedReview)
		return
	}
	v.play(s)
}

// review sets the reviewer's decision, which a later one may override. v.mu is held.
func (v *Vendor) review(s *state, decision string) error {
	switch {
	case decision == resubmissionRequested:
		return v.requestResubmission(s)
	case decision != approved && decision != rejected:
		return fmt.Errorf("a review decides %s, %s or %s, not %q", approved, rejected, resubmissionRequested, decision)
	case s.now().phase != PhaseFinished:
		return errNotFinished
	}
	if s.pending.kind() == awaitsResubmission {
		s.pending = nil // the decision withdraws the request
	}
	v.change(s, func(t *truth) { t.manual = decision })
	updated := idwise.EventUpdatedJourney
	if s.script.legacy {
		updated = idwise.EventManuallyReviewed // in its time there was no other
	}
	v.emit(s, updated, s.decisions().with("action", "Manual Review"))
	v.emit(s, idwise.EventFinishedJourney, fields{"systemDecision": s.now().system})
	if v.cfg.ManuallyReviewed && !s.script.legacy {
		v.emit(s, idwise.EventManuallyReviewed, s.decisions())
	}
	return nil
}

// decisions are all three, as webhooks carry them.
func (s *state) decisions() fields {
	t := s.now()
	return fields{"systemDecision": t.system, "manualDecision": orNull(t.manual), "finalDecision": t.final()}
}
