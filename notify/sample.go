package notify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"idjourney/journey"
)

// Sample returns a message of the type with the content of its [Example], and the
// reference in it, for a customer to try their endpoint with. Its ID is new, so
// that a receiver that drops what it has seen takes it.
func Sample(t journey.MessageType) (m journey.Message, reference string, err error) {
	body, err := Example(t)
	if err != nil {
		return m, "", err
	}
	var n Notification
	if err := json.Unmarshal(body, &n); err != nil {
		return m, "", fmt.Errorf("reading the example of %s: %w", t, err)
	}
	m = n.Data.message()
	m.ID, m.Type, m.At = "sample_"+rand.Text(), n.Type, n.Timestamp
	return m, n.Data.Reference, nil
}

// message is the reverse of fill, as far as customers see a message.
func (d Data) message() journey.Message {
	m := journey.Message{Account: d.Account, JourneyID: d.JourneyID, Phase: d.Phase, AML: d.AML, Decision: d.decision()}
	if v := d.Review; v != nil {
		m.Review = &journey.Review{ID: v.ID, Kind: v.Kind, Reason: v.Reason, Since: v.Since}
	}
	if v := d.Alert; v != nil {
		m.Alert = &journey.Alert{ID: v.ID, Severity: v.Severity, Version: v.Version, Since: v.Since}
	}
	if v := d.Attention; v != nil {
		m.Attention = &journey.AttentionItem{Code: v.Code, Since: v.Since}
	}
	if v := d.Resubmission; v != nil {
		m.Resubmission = &journey.Resubmission{Since: v.Since, Until: v.Until}
		for _, step := range v.RequiredSteps {
			m.Resubmission.Steps = append(m.Resubmission.Steps, journey.RequiredStep{StepID: step.StepID, ReasonCode: step.ReasonCode})
		}
	}
	if v := d.SpotCheck; v != nil {
		m.SpotCheck = &journey.SpotDecision{
			SpotID: v.SpotCheckJourneyID, Account: d.Account, JourneyID: d.JourneyID, Outcome: v.Outcome, Reasons: v.Reasons,
		}
	}
	return m
}

// decision is the numbered decision, or the baseline that is told as a standing.
func (d Data) decision() *journey.Decision {
	if v := d.Standing; v != nil {
		return &journey.Decision{
			Account: d.Account, JourneyID: d.JourneyID,
			Sequence: v.Sequence, Outcome: v.Outcome, DecidedAt: v.Since, Adopted: true,
		}
	}
	v := d.Decision
	if v == nil {
		return nil
	}
	return &journey.Decision{
		ID: v.ID, Account: d.Account, JourneyID: d.JourneyID,
		Sequence: v.Sequence, Outcome: v.Outcome, Source: v.Source,
		System: v.System, Manual: v.Manual, Final: v.Final,
		AMLVersion: v.AMLVersion, AMLMatches: v.AMLMatches,
		Reasons: v.Reasons, Supersedes: v.Supersedes, PolicyVersion: v.PolicyVersion,
		DecidedBy: v.DecidedBy, DecidedAt: v.DecidedAt,
	}
}

// SendSamples sends one signed sample of each of the types, all if there are none, and
// writes what became of it.
func SendSamples(ctx context.Context, out io.Writer, to Endpoint, types []string) error {
	chosen := Types()
	if len(types) > 0 {
		chosen = nil
	}
	for _, name := range types {
		if !slices.Contains(Types(), journey.MessageType(name)) {
			return fmt.Errorf("there is no message of type %q: use %v", name, Types())
		}
		chosen = append(chosen, journey.MessageType(name))
	}
	sender := NewSender(Config{})
	var refused error
	for _, kind := range chosen {
		m, reference, err := Sample(kind)
		if err != nil {
			return err
		}
		outcome := "taken"
		if err := sender.Send(ctx, to, m, reference); err != nil {
			outcome, refused = err.Error(), errors.New("not every sample was taken")
		}
		if _, err := fmt.Fprintf(out, "%s %s: %s\n", kind, m.ID, outcome); err != nil {
			return err
		}
	}
	return refused
}
