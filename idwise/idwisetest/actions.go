package idwisetest

import (
	"fmt"

	"idjourney/idwise"
)

// Review is a reviewer's decision in the dashboard: Approved or Rejected, which sends
// Updated Journey and Finished Journey again, or Resubmission Requested; see
// [Vendor.RequestResubmission]. A later review overrides it. The error says why it is
// not possible.
func (v *Vendor) Review(id, decision string) error {
	return v.act(id, func(s *state) error { return v.review(s, decision) })
}

// AMLMatch adds a sanctions match from monitoring: the system decision becomes Refer, while
// a manual decision, and with it the final one, stays. It sends AML Monitor Update and
// Updated Journey. The error says why it is not possible.
func (v *Vendor) AMLMatch(id string) error {
	return v.ChangeAML(id, AMLChange{Kind: AMLAdded})
}

// ChangeAML makes one change of a journey's AML record, at the next version, and sends
// AML Monitor Update and Updated Journey. The error says why it is not possible.
func (v *Vendor) ChangeAML(id string, c AMLChange) error {
	return v.act(id, func(s *state) error { return v.changeAML(s, c) })
}

// RequestResubmission is a reviewer's request to submit document and selfie again. It sends
// Verification Update Required. The error says why it is not possible.
func (v *Vendor) RequestResubmission(id string) error { return v.act(id, v.requestResubmission) }

// RenewalDue asks the user to renew the document. It sends Verification Update Required.
// The error says why it is not possible.
func (v *Vendor) RenewalDue(id string) error { return v.act(id, v.renewalDue) }

// RenewalMissed lets the deadline of a renewal pass. It sends KYC Renewal Deadline
// Exceeded. It is an error if no renewal is due.
func (v *Vendor) RenewalMissed(id string) error { return v.act(id, v.renewalMissed) }

// Resubmit submits what the user was asked for. Afterwards failedRule fails; none if it is
// "". It sends Updated Journey immediately and Finished Journey at the end of processing; a
// journey that a reviewer's request reopened first waits for complete-custom-step. It is an
// error if nothing was asked for.
func (v *Vendor) Resubmit(id, failedRule string) error {
	return v.act(id, func(s *state) error { return v.resubmit(s, failedRule) })
}

// Update sends an Updated Journey with any action, without a change. The error says why it
// is not possible.
func (v *Vendor) Update(id, action string) error {
	return v.act(id, func(s *state) error {
		if s.now().phase != PhaseFinished {
			return errNotFinished
		}
		v.emit(s, idwise.EventUpdatedJourney, s.decisions().with("action", action))
		return nil
	})
}

// SpotCheck runs a spot check of a successfully finished journey and returns its id. It
// sends Finished Spot Check. The error says why it is not possible.
func (v *Vendor) SpotCheck(id string, r SpotCheckRequest) (spotCheckID string, err error) {
	err = v.act(id, func(s *state) error {
		spotCheckID, err = v.spotCheck(s, r)
		return err
	})
	return spotCheckID, err
}

func (v *Vendor) act(id string, what func(*state) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.journeys[id]
	if !ok || s.deleted {
		return fmt.Errorf("there is no journey %q", id)
	}
	return what(s)
}
