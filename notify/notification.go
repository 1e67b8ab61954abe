package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"idjourney/journey"
)

// Notification is the body of a message as the customer receives it. It is a
// type of its own, so that a change inside package journey cannot silently
// change what customers were promised.
type Notification struct {
	Type journey.MessageType `json:"type"`
	// Timestamp is when the thing happened, not when it was sent: a repeated
	// attempt has the same body, byte for byte.
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is what a notification says; beside the first four fields only what belongs
// to its type is set.
type Data struct {
	Account string `json:"account"`
	// JourneyID is empty for a spot check that is bound to no journey.
	JourneyID string `json:"journeyId,omitempty"`
	// Reference is the customer's own reference, absent when it is not known.
	Reference string        `json:"reference,omitempty"`
	Phase     journey.Phase `json:"phase,omitempty"`

	Decision  *Decision          `json:"decision,omitempty"`
	Standing  *Standing          `json:"standing,omitempty"`
	Review    *Review            `json:"review,omitempty"`
	Alert     *Alert             `json:"alert,omitempty"`
	Attention *Attention         `json:"attention,omitempty"`
	AML       *journey.AMLChange `json:"aml,omitempty"`
	// The fields of these two stand in data itself.
	*Resubmission
	*SpotCheck
}

// Encode writes the body of a message. The same message and reference give the
// same bytes. It fails if the message's content is not what its type promises.
func Encode(m journey.Message, reference string) ([]byte, error) {
	n := Notification{
		Type: m.Type, Timestamp: m.At.UTC(),
		Data: Data{Account: m.Account, JourneyID: m.JourneyID, Reference: reference, Phase: m.Phase},
	}
	ok, known := n.Data.fill(m)
	switch {
	case !known:
		return nil, fmt.Errorf("encoding message %s: no schema for type %q", m.ID, m.Type)
	case !ok:
		return nil, fmt.Errorf("encoding message %s: a %s without its content", m.ID, m.Type)
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("encoding message %s: %w", m.ID, err)
	}
	return body, nil
}

// fill copies the one part that belongs to the type and nothing else: a message of
// another type never carries a decision, whatever the caller put into it. ok is
// false if the part is missing.
func (d *Data) fill(m journey.Message) (ok, known bool) {
	switch m.Type {
	case journey.MessageDecided:
		d.Decision = customerDecision(m.Decision)
		return d.Decision != nil, true
	case journey.MessageAdopted:
		d.Standing = standing(m.Decision)
		return d.Standing != nil, true
	case journey.MessageReviewRequired:
		d.Review = review(m.Review)
		return d.Review != nil, true
	case journey.MessageReviewReminder, journey.MessageReviewOverdue:
		if d.Alert = alert(m.Alert); d.Alert == nil {
			d.Review = review(m.Review)
		}
		return d.Alert != nil || d.Review != nil, true
	case journey.MessageResubmissionRequired, journey.MessageRenewalDue, journey.MessageRenewalOverdue:
		d.Resubmission = resubmission(m.Resubmission)
		return d.Resubmission != nil, true
	case journey.MessageAttention:
		d.Attention = attention(m.Attention)
		return d.Attention != nil, true
	case journey.MessageAMLChanged:
		d.AML = m.AML
		return d.AML != nil, true
	case journey.MessageErased:
		// An erased journey's reference must not be sent again.
		d.Reference, d.Phase = "", journey.Erased
		return true, true
	case journey.MessageSpotCheckDecided:
		return d.fillSpotCheck(m.SpotCheck), true
	default:
		return false, false
	}
}

// fillSpotCheck names the journey only if the spot check is bound to one, and never its
// phase, which a spot check does not know.
func (d *Data) fillSpotCheck(s *journey.SpotDecision) bool {
	if s == nil {
		return false
	}
	d.JourneyID, d.Phase = s.JourneyID, ""
	d.SpotCheck = &SpotCheck{SpotCheckJourneyID: s.SpotID, Outcome: s.Outcome, Reasons: s.Reasons}
	return true
}
