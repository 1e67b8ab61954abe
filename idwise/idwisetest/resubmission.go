package idwisetest

import (
	"errors"
	"fmt"
	"time"

	"idjourney/idwise"
)

// Why the user is asked to submit steps again.
const (
	awaitsResubmission = "resubmission"
	awaitsRenewal      = "renewal"
)

// resubmissionRequested is the reviewer's third decision and also the webhook's trigger,
// since the vendor's value is not known.
const resubmissionRequested = "Resubmission Requested"

// update is what the user was asked to submit again, and why.
type update struct {
	awaits string
	steps  []string
}

// kind is what is awaited; "" for nothing.
func (u *update) kind() string {
	if u == nil {
		return ""
	}
	return u.awaits
}

// required lists the steps as webhooks do, each with one more field. The reason codes
// are made up.
func (u *update) required(field string, value any) []fields {
	var all []fields
	for _, step := range u.steps {
		all = append(all, fields{"stepId": step, field: value})
	}
	return all
}

var (
	errNothingAwaited = errors.New("the user was not asked to submit anything again")
	errNotRenewable   = errors.New("only a journey that ended well is renewed")
)

// requestResubmission requests document and selfie again. v.mu is held.
func (v *Vendor) requestResubmission(s *state) error {
	if s.now().phase != PhaseFinished {
		return errNotFinished
	}
	s.pending = &update{awaitsResubmission, []string{DocumentStepID, SelfieStepID}}
	v.change(s, func(t *truth) { t.manual = resubmissionRequested })
	v.emit(s, idwise.EventVerificationUpdateRequired, s.decisions().
		with("trigger", resubmissionRequested).with("requiredSteps", s.pending.required("reasonCode", "unclear_image")))
	return nil
}

// renewalDue requests the document again because it has expired, and its rule fails from
// now on. The decision stands. v.mu is held.
func (v *Vendor) renewalDue(s *state) error {
	if t := s.now(); t.phase != PhaseFinished || !t.passes() {
		return errNotRenewable
	}
	s.pending = &update{awaitsRenewal, []string{DocumentStepID}}
	v.change(s, func(t *truth) { t.expired = true })
	v.emit(s, idwise.EventVerificationUpdateRequired, s.decisions().
		with("trigger", idwise.TriggerKYCRenewal).with("requiredSteps", s.pending.required("reasonCode", "expired_document")))
	return nil
}

// renewalMissed lets the deadline pass. The user may still submit. v.mu is held.
func (v *Vendor) renewalMissed(s *state) error {
	if s.pending.kind() != awaitsRenewal {
		return errNothingAwaited
	}
	deadline := v.cfg.Now().UTC().Truncate(time.Second).Format(isoTime)
	v.emit(s, idwise.EventKYCRenewalDeadlineExceeded, fields{"requiredSteps": s.pending.required("renewalDeadline", deadline)})
	return nil
}

// resubmit submits what the user was asked for. New images make a new subject for the
// custom step. After a reviewer's request the journey reopens and requires its custom step
// and Complete Custom Step again; a renewal is processed without. The contract is silent
// about both: these are our choices. v.mu is held.
func (v *Vendor) resubmit(s *state, failedRule string) error {
	asked := s.pending
	if asked == nil {
		return errNothingAwaited
	}
	if _, known := ruleNames[failedRule]; failedRule != "" && !known {
		return fmt.Errorf("there is no rule %q", failedRule)
	}
	s.pending = nil
	v.change(s, func(t *truth) {
		t.failedRule, t.expired = failedRule, false
		for _, step := range asked.steps {
			if step == SelfieStepID {
				t.selfies++
			} else {
				t.documents++
			}
		}
		if asked.awaits == awaitsResubmission {
			t.reopen()
		}
	})
	s.round++
	s.processed = false
	v.emit(s, idwise.EventUpdatedJourney, s.decisions().with("action", idwise.ActionStepUpdate))
	if asked.awaits == awaitsRenewal {
		v.inRound(s, v.scaled(s.script.processing), v.conclude)
	} else {
		v.finishByItself(s)
	}
	return nil
}

// reopen withdraws the decision, and the comparison with the previous selfie.
func (t *truth) reopen() {
	t.phase, t.endedAt, t.system, t.manual = PhaseUserDone, time.Time{}, incomplete, ""
	t.submitted, t.compared, t.mismatch = false, false, false
}

func (t truth) passes() bool { return t.final() == complete || t.final() == approved }
