// Package notify sends messages to the customer's systems: one JSON message per HTTP POST,
// signed as Standard Webhooks (https://www.standardwebhooks.com).
//
// A message carries no direct identifier of a person. The customer's own reference is added
// only at the moment of sending, so that no workflow history holds it. A receiver recognises
// a repeated message by the header webhook-id, which is the same over all attempts and all
// endpoints, and a stale decision by its sequence.
//
// The folder schemas holds one JSON Schema and one example per message type: the contract
// with the customer, which the tests enforce.
package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"idjourney/journey"
)

// Notification is the body of a message as the customer receives it. Its types are its own,
// so that a change inside package journey cannot change what customers were promised.
type Notification struct {
	Type journey.MessageType `json:"type"`
	// Timestamp is when it happened, not when it was sent: a repeated attempt has the
	// same body, byte for byte.
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is the content of a notification. Apart from the first four fields only those of its
// type are set.
type Data struct {
	Account string `json:"account"`
	// JourneyID is empty for a spot check that is bound to no journey.
	JourneyID string `json:"journeyId,omitempty"`
	// Reference is the customer's own reference, absent if it is not known.
	Reference string        `json:"reference,omitempty"`
	Phase     journey.Phase `json:"phase,omitempty"`

	Decision *Decision `json:"decision,omitempty"`
	// Standing is the baseline of a customer from before our time.
	Standing  *journey.Standing  `json:"standing,omitempty"`
	Review    *Review            `json:"review,omitempty"`
	Alert     *Alert             `json:"alert,omitempty"`
	Attention *Attention         `json:"attention,omitempty"`
	AML       *journey.AMLChange `json:"aml,omitempty"`
	// The fields of these two stand in data itself.
	*Resubmission
	*SpotCheck
}

// Decision is a numbered decision as customers see it. Receivers ignore one whose
// sequence is not above the last they have seen for the journey.
type Decision struct {
	ID            string          `json:"id"`
	Sequence      int             `json:"sequence"`
	Outcome       journey.Outcome `json:"outcome"`
	Source        journey.Source  `json:"source,omitempty"`
	System        string          `json:"systemDecision,omitempty"`
	Manual        string          `json:"manualDecision,omitempty"`
	Final         string          `json:"finalDecision,omitempty"`
	AMLVersion    int             `json:"amlVersion,omitempty"`
	AMLMatches    int             `json:"amlMatches"`
	Reasons       []string        `json:"reasons,omitempty"`
	Supersedes    int             `json:"supersedes,omitempty"`
	PolicyVersion string          `json:"policyVersion"`
	DecidedBy     string          `json:"decidedBy,omitempty"`
	DecidedAt     time.Time       `json:"decidedAt"`
}

// DecisionOf returns what customers see of a decision.
func DecisionOf(d journey.Decision) Decision {
	return Decision{
		ID: d.ID, Sequence: d.Sequence, Outcome: d.Outcome, Source: d.Source,
		System: d.System, Manual: d.Manual, Final: d.Final, AMLVersion: d.AMLVersion, AMLMatches: d.AMLMatches,
		Reasons: d.Reasons, Supersedes: d.Supersedes, PolicyVersion: d.PolicyVersion,
		DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt.UTC(),
	}
}

// Review is an open review.
type Review struct {
	ID     string             `json:"id"`
	Kind   journey.ReviewKind `json:"kind"`
	Reason string             `json:"reason"`
	Since  time.Time          `json:"since"`
}

// Alert is an AML change that waits for a person; aml.changed has named its matches.
type Alert struct {
	ID       string           `json:"id"`
	Severity journey.Severity `json:"severity"`
	Version  int              `json:"version"`
	Since    time.Time        `json:"since"`
}

// Attention is an open call for a person, by its code. The detail is for the operators of
// idjourney and is not sent.
type Attention struct {
	Code  journey.AttentionCode `json:"code"`
	Since time.Time             `json:"since"`
}

// Resubmission is what the user has to submit again.
type Resubmission struct {
	// RequiredSteps is empty if the vendor named none.
	RequiredSteps []RequiredStep `json:"requiredSteps"`
	Since         time.Time      `json:"since"`
	// Until is the end of the user's time, zero if it has none.
	Until time.Time `json:"until,omitzero"`
}

// RequiredStep is one step to be submitted again, in the vendor's words.
type RequiredStep struct {
	StepID     string `json:"stepId"`
	ReasonCode string `json:"reasonCode,omitempty"`
}

// SpotCheck is what a spot check found.
type SpotCheck struct {
	SpotCheckJourneyID string              `json:"spotCheckJourneyId"`
	Outcome            journey.SpotOutcome `json:"outcome"`
	Reasons            []string            `json:"reasons,omitempty"`
}

// Encode writes the body of a message. The same message and reference give the same bytes.
// It is an error if the type has no schema or the message lacks the content of its type.
func Encode(m journey.Message, reference string) ([]byte, error) {
	if !slices.Contains(Types(), m.Type) {
		return nil, fmt.Errorf("encoding message %s: no schema for type %q", m.ID, m.Type)
	}
	n := Notification{
		Type: m.Type, Timestamp: m.At.UTC(),
		Data: Data{Account: m.Account, JourneyID: m.JourneyID, Reference: reference, Phase: m.Phase},
	}
	if !n.Data.fill(m) {
		return nil, fmt.Errorf("encoding message %s: a %s without its content", m.ID, m.Type)
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("encoding message %s: %w", m.ID, err)
	}
	return body, nil
}

// fill copies the one part that belongs to the type: a message of another type never
// carries a decision. It returns false if the part is missing.
func (d *Data) fill(m journey.Message) bool {
	switch m.Type {
	case journey.MessageDecided:
		d.Decision = part(m.Decision, DecisionOf)
		return d.Decision != nil
	case journey.MessageAdopted:
		d.Standing = part(m.Decision, func(baseline journey.Decision) journey.Standing {
			return journey.Standing{Outcome: baseline.Outcome, Sequence: baseline.Sequence, Since: baseline.DecidedAt.UTC()}
		})
		return d.Standing != nil
	case journey.MessageReviewRequired:
		d.Review = part(m.Review, review)
		return d.Review != nil
	case journey.MessageReviewReminder, journey.MessageReviewOverdue:
		d.Alert = part(m.Alert, func(a journey.Alert) Alert { return Alert{a.ID, a.Severity, a.Version, a.Since.UTC()} })
		if d.Alert == nil {
			d.Review = part(m.Review, review)
		}
		return d.Alert != nil || d.Review != nil
	case journey.MessageResubmissionRequired, journey.MessageRenewalDue, journey.MessageRenewalOverdue:
		d.Resubmission = part(m.Resubmission, resubmission)
		return d.Resubmission != nil
	case journey.MessageAttention:
		d.Attention = part(m.Attention, func(i journey.AttentionItem) Attention { return Attention{i.Code, i.Since.UTC()} })
		return d.Attention != nil
	case journey.MessageAMLChanged:
		d.AML = m.AML
		return d.AML != nil
	case journey.MessageErased:
		// An erased journey's reference must not be sent again.
		d.Reference, d.Phase = "", journey.Erased
		return true
	case journey.MessageSpotCheckDecided:
		if m.SpotCheck == nil {
			return false
		}
		// A spot check may be bound to no journey, and knows no phase.
		d.JourneyID, d.Phase = m.SpotCheck.JourneyID, ""
		d.SpotCheck = &SpotCheck{m.SpotCheck.SpotID, m.SpotCheck.Outcome, m.SpotCheck.Reasons}
		return true
	}
	return false
}

// part converts a part of a message, nil if it is not there.
func part[In, Out any](in *In, convert func(In) Out) *Out {
	if in == nil {
		return nil
	}
	out := convert(*in)
	return &out
}

func review(r journey.Review) Review { return Review{r.ID, r.Kind, r.Reason, r.Since.UTC()} }

func resubmission(r journey.Resubmission) Resubmission {
	again := Resubmission{RequiredSteps: []RequiredStep{}, Since: r.Since.UTC()}
	if !r.Until.IsZero() {
		again.Until = r.Until.UTC()
	}
	// The steps come from webhooks alone, and anyone with the webhook secret can write
	// them: only ids and codes may leave under our signature.
	for _, step := range (journey.Hint{RequiredSteps: r.Steps}).Known().RequiredSteps {
		again.RequiredSteps = append(again.RequiredSteps, RequiredStep{step.StepID, step.ReasonCode})
	}
	return again
}
