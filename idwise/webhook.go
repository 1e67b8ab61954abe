package idwise

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
)

// Webhook is one decoded webhook. All of it is a claim; see the package comment.
type Webhook struct {
	// Event is the canonical event name or, if Known is false, the name as sent: at most
	// 128 characters, with control characters replaced and spaces folded.
	Event string
	Known bool

	// EventID is the same for all retries of one event; "" in the legacy form. The ids
	// are opaque and not checked here: see [ValidID].
	EventID   string
	JourneyID string
	// SpotCheckJourneyID names the spot check of a Finished Spot Check, which in its
	// current form has no JourneyID: only the reference links it.
	SpotCheckJourneyID string
	// ReferenceNo is the customer's own reference, "" when null or absent. It may
	// be an e-mail address: treat it as personal data.
	ReferenceNo string

	// System, PreviousSystem, Manual and Final are decisions in the vendor's spelling, ""
	// when null or absent. The sets of values are open.
	System, PreviousSystem, Manual, Final string
	// Action is why an Updated Journey was sent; Trigger is why a Verification
	// Update Required was sent.
	Action, Trigger string
	// AMLVersion is updatedAMLVersionNumber, 0 when absent.
	AMLVersion int
	// RequiredSteps are the steps the user has to submit again.
	RequiredSteps []RequiredStep
	// StepID and StepType belong to Finished Step.
	StepID, StepType string

	// Legacy is true for a known event without eventId (2023 and before): two such events
	// can have equal bodies.
	Legacy bool
}

// RequiredStep is a step the user has to submit again.
type RequiredStep struct {
	StepID     string
	ReasonCode string
	// RenewalDeadline is as sent: the vendor documents no zone.
	RenewalDeadline string
}

// LogValue leaves the reference out.
func (w Webhook) LogValue() slog.Value {
	return slog.GroupValue(slog.String("event", w.Event), slog.Bool("known", w.Known),
		slog.String("event_id", w.EventID), slog.String("journey_id", w.JourneyID))
}

// maxEventName limits the name of an unknown event, in characters.
const maxEventName = 128

// DecodeWebhook decodes a webhook's body. Unknown event names, unknown fields, nulls,
// missing fields and ids sent as numbers are not errors. The error is a *DecodeError, for a
// body that is empty, not JSON, not an object, or without an event or a body. The caller
// limits the size.
func DecodeWebhook(body []byte) (Webhook, error) {
	envelope, err := decodeEnvelope(body)
	if err != nil {
		return Webhook{}, err
	}
	sent := strings.Join(strings.Fields(looseText(envelope["event"])), " ")
	if sent == "" {
		return Webhook{}, &DecodeError{Code: CodeNoEvent, msg: "the webhook names no event"}
	}
	fields, err := eventFields(envelope)
	if err != nil {
		return Webhook{}, err
	}
	w := Webhook{
		EventID:            looseText(fields["eventId"]),
		JourneyID:          looseText(fields["journeyId"]),
		SpotCheckJourneyID: looseText(fields["spotCheckJourneyId"]),
		ReferenceNo:        looseText(fields["referenceNo"]),
		System:             looseText(fields["systemDecision"]),
		PreviousSystem:     looseText(fields["previousSystemDecision"]),
		Manual:             looseText(fields["manualDecision"]),
		Final:              looseText(fields["finalDecision"]),
		Action:             looseText(fields["action"]),
		Trigger:            looseText(fields["trigger"]),
		AMLVersion:         loose(looseText(fields["updatedAMLVersionNumber"])).count(),
		RequiredSteps:      requiredSteps(fields["requiredSteps"]),
		StepID:             looseText(fields["stepId"]),
		StepType:           looseText(fields["stepType"]),
	}
	w.Event, w.Known = canonicalEvent(sent)
	if !w.Known {
		w.Event = truncate(sent, maxEventName)
	}
	if w.SpotCheckJourneyID == "" && w.Event == EventFinishedSpotCheck {
		w.SpotCheckJourneyID = looseText(fields["ongoingCheckId"]) // the older name
	}
	w.Legacy = w.Known && w.EventID == ""
	return w, nil
}

// decodeEnvelope drops the parser's message, which quotes the input.
func decodeEnvelope(body []byte) (map[string]json.RawMessage, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	envelope, ok := object(body)
	switch {
	case len(body) == 0:
		return nil, &DecodeError{Code: CodeEmpty, msg: "the webhook is empty"}
	case !json.Valid(body):
		return nil, &DecodeError{Code: CodeNotJSON, msg: "the webhook is not JSON"}
	case !ok:
		return nil, &DecodeError{Code: CodeNotObject, msg: "the webhook is not a JSON object"}
	}
	return envelope, nil
}

// eventFields returns the event's fields: "body" or, if there is no body but a journeyId
// beside the event, the envelope itself.
func eventFields(envelope map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	raw, ok := envelope["body"]
	if !ok && len(envelope["journeyId"]) > 0 {
		return envelope, nil
	}
	fields, ok := object(raw)
	if !ok {
		return nil, &DecodeError{Code: CodeNoBody, msg: "the webhook has no body object"}
	}
	return fields, nil
}

// requiredSteps skips what is not an object with a step id.
func requiredSteps(raw json.RawMessage) (steps []RequiredStep) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, item := range items {
		fields, _ := object(item)
		step := RequiredStep{
			StepID:          looseText(fields["stepId"]),
			ReasonCode:      looseText(fields["reasonCode"]),
			RenewalDeadline: looseText(fields["renewalDeadline"]),
		}
		if step.StepID != "" {
			steps = append(steps, step)
		}
	}
	return steps
}

// DecodeCode says why a webhook cannot be decoded. The set is closed.
type DecodeCode string

// The reasons why a webhook cannot be decoded.
const (
	CodeEmpty     DecodeCode = "empty"
	CodeNotJSON   DecodeCode = "not_json"
	CodeNotObject DecodeCode = "not_object"
	CodeNoEvent   DecodeCode = "no_event"
	CodeNoBody    DecodeCode = "no_body"
)

// DecodeError says why a webhook cannot be decoded, without any of its content.
type DecodeError struct {
	Code DecodeCode
	msg  string
}

// Error is a sentence without any of the webhook's content.
func (e *DecodeError) Error() string { return e.msg }

// The vendor's event names in their canonical spelling.
const (
	EventFinishedUserSteps          = "Finished User Steps"
	EventFinishedJourney            = "Finished Journey"
	EventManuallyReviewed           = "Manually Reviewed"
	EventUpdatedJourney             = "Updated Journey"
	EventAMLMonitorUpdate           = "AML Monitor Update"
	EventVerificationUpdateRequired = "Verification Update Required"
	EventKYCRenewalDeadlineExceeded = "KYC Renewal Deadline Exceeded"
	EventFinishedSpotCheck          = "Finished Spot Check"
	EventFinishedStep               = "Finished Step"
)

// Values of Webhook.Action that the vendor documents. The set is open.
const (
	ActionStepUpdate   = "Step Update"
	ActionAMLAmend     = "AML Amend"
	ActionAMLOGMUpdate = "AML OGM Update"
)

// TriggerKYCRenewal is the only value of Webhook.Trigger that the vendor documents; the
// value for a reviewer's request is not known.
const TriggerKYCRenewal = "KYC Renewal"

// olderNames maps older names and misspellings to the canonical names.
var olderNames = map[string]string{
	"AML Monior Update":      EventAMLMonitorUpdate,
	"Finished Ongoing Check": EventFinishedSpotCheck,
	"Step Submitted":         EventFinishedStep,
}

// EventNames lists the canonical names of all events this package knows.
func EventNames() []string {
	return []string{
		EventFinishedUserSteps, EventFinishedJourney, EventManuallyReviewed, EventUpdatedJourney, EventAMLMonitorUpdate,
		EventVerificationUpdateRequired, EventKYCRenewalDeadlineExceeded, EventFinishedSpotCheck, EventFinishedStep,
	}
}

// canonicalEvent maps a name as sent, in any case and with spaces folded, to the canonical one.
func canonicalEvent(sent string) (name string, known bool) {
	for _, name := range EventNames() {
		if strings.EqualFold(sent, name) {
			return name, true
		}
	}
	for older, name := range olderNames {
		if strings.EqualFold(sent, older) {
			return name, true
		}
	}
	return "", false
}
