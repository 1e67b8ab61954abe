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

// Data is what a notification says; exactly one of the pointers is set.
type Data struct {
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	// Reference is the customer's own reference, absent when it is not known.
	Reference string             `json:"reference,omitempty"`
	Phase     journey.Phase      `json:"phase"`
	Decision  *Decision          `json:"decision,omitempty"`
	Review    *journey.Review    `json:"review,omitempty"`
	Attention *Attention         `json:"attention,omitempty"`
	AML       *journey.AMLChange `json:"aml,omitempty"`
}

// Decision is a numbered decision as customers see it. Receivers ignore one whose
// sequence is not above the last they have seen for the journey.
type Decision struct {
	ID            string          `json:"id"`
	Sequence      int             `json:"sequence"`
	Outcome       journey.Outcome `json:"outcome"`
	Source        journey.Source  `json:"source"`
	System        string          `json:"systemDecision,omitempty"`
	Manual        string          `json:"manualDecision,omitempty"`
	Final         string          `json:"finalDecision,omitempty"`
	AMLVersion    int             `json:"amlVersion,omitempty"`
	AMLMatches    int             `json:"amlMatches"`
	Reasons       []string        `json:"reasons,omitempty"`
	Supersedes    int             `json:"supersedes,omitempty"`
	PolicyVersion string          `json:"policyVersion"`
	DecidedBy     string          `json:"decidedBy"`
	DecidedAt     time.Time       `json:"decidedAt"`
}

// Attention is an open call for a person, by its code. The detail stays inside:
// it is written for the operators of idjourney.
type Attention struct {
	Code  journey.AttentionCode `json:"code"`
	Since time.Time             `json:"since"`
}

// Encode writes the body of a message. The same message and reference give the
// same bytes. It fails if the message's content is not what its type promises.
func Encode(m journey.Message, reference string) ([]byte, error) {
	n := Notification{
		Type: m.Type, Timestamp: m.At.UTC(),
		Data: Data{Account: m.Account, JourneyID: m.JourneyID, Reference: reference, Phase: m.Phase},
	}
	if err := fill(&n.Data, m); err != nil {
		return nil, err
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("encoding message %s: %w", m.ID, err)
	}
	return body, nil
}

// fill copies the one part that belongs to the type and nothing else: a message
// of another type never carries a decision, whatever the caller put into it.
func fill(d *Data, m journey.Message) error {
	switch m.Type {
	case journey.MessageDecided:
		d.Decision = customerDecision(m.Decision)
	case journey.MessageReviewRequired:
		d.Review = m.Review
	case journey.MessageAttention:
		if m.Attention != nil {
			d.Attention = &Attention{Code: m.Attention.Code, Since: m.Attention.Since.UTC()}
		}
	case journey.MessageAMLChanged:
		d.AML = m.AML
	default:
		return fmt.Errorf("encoding message %s: no schema for type %q", m.ID, m.Type)
	}
	if d.Decision == nil && d.Review == nil && d.Attention == nil && d.AML == nil {
		return fmt.Errorf("encoding message %s: a %s without its content", m.ID, m.Type)
	}
	return nil
}

func customerDecision(d *journey.Decision) *Decision {
	if d == nil {
		return nil
	}
	return &Decision{
		ID: d.ID, Sequence: d.Sequence, Outcome: d.Outcome, Source: d.Source,
		System: d.System, Manual: d.Manual, Final: d.Final,
		AMLVersion: d.AMLVersion, AMLMatches: d.AMLMatches,
		Reasons: d.Reasons, Supersedes: d.Supersedes, PolicyVersion: d.PolicyVersion,
		DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt.UTC(),
	}
}
