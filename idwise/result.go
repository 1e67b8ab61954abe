package idwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Result is the vendor's journey result: the authoritative state. It holds personal data,
// so it refuses to be serialised or printed; keep it inside one activity.
//
// All sets of values are open and any field may be absent. Absent, null and "" are
// equivalent, and none of them counts as a pass.
type Result struct {
	JourneyID string
	// FlowID is flow_id or, in older answers, the journey definition's id.
	FlowID string
	// ReferenceNumber is the customer's reference, "" if there is none.
	ReferenceNumber string
	// EndTime is as sent, ISO 8601 without a zone; nil while the journey is open.
	// EndedAt parses it.
	EndTime *string

	SystemDecision, ManualDecision, FinalDecision string

	// Documents are the submitted documents by step id.
	Documents map[string]Document
	// Selfie is nil when the result has none.
	Selfie *Selfie
	// RuleResults are the vendor's rules by key.
	RuleResults map[string]RuleResult
	Applicant   *Applicant
	AML         *AML
	// ScreeningChecks holds the comparison with a submitted custom step.
	ScreeningChecks ScreeningChecks
}

// EndedAt is EndTime as an instant. We assume UTC, since the vendor sends no zone. It is
// the zero time if EndTime is absent or unreadable.
func (r *Result) EndedAt() time.Time { return readTime(r.EndTime) }

// Ended reports whether the vendor sent an end time.
func (r *Result) Ended() bool { return r.EndTime != nil && *r.EndTime != "" }

// Result fetches a journey's result, which the vendor also returns before the journey ends.
// Besides the errors of every request, it returns ErrUnreadable or ErrOtherJourney.
func (c *Client) Result(ctx context.Context, journeyID string) (*Result, error) {
	var result *Result
	err := c.do(ctx, request{operation: JourneyResult, id: journeyID, accept: func(body []byte) error {
		r, err := decodeResult(body)
		if err == nil && r.JourneyID != journeyID {
			err = ErrOtherJourney
		}
		result = r
		return err
	}})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// resultWire is the result in the vendor's format.
type resultWire struct {
	JourneyID       json.RawMessage       `json:"journey_id"`
	FlowID          json.RawMessage       `json:"flow_id"`
	DefinitionID    json.RawMessage       `json:"journey_definintion_id"` // the vendor's spelling
	DefinitionIDToo json.RawMessage       `json:"journey_definition_id"`
	ReferenceNumber json.RawMessage       `json:"reference_number"`
	EndTime         *string               `json:"end_time"`
	System          string                `json:"system_decision"`
	Manual          string                `json:"manual_decision"`
	Final           string                `json:"final_decision"`
	Documents       map[string]Document   `json:"documents"`
	Selfie          *Selfie               `json:"selfie"`
	RuleResults     map[string]RuleResult `json:"rule_results"`
	Applicant       *Applicant            `json:"applicant"`
	AML             *AML                  `json:"aml"`
	ScreeningChecks ScreeningChecks       `json:"screening_checks"`
}

// decodeResult drops the parser's message, which quotes the input.
func decodeResult(body []byte) (*Result, error) {
	var w resultWire
	if json.Unmarshal(body, &w) != nil {
		return nil, fmt.Errorf("not a journey result: %w", ErrUnreadable)
	}
	id := looseText(w.JourneyID)
	if id == "" {
		return nil, fmt.Errorf("no journey id: %w", ErrUnreadable)
	}
	flow := looseText(w.FlowID)
	for _, older := range []json.RawMessage{w.DefinitionID, w.DefinitionIDToo} {
		if flow == "" {
			flow = looseText(older)
		}
	}
	return &Result{
		JourneyID: id, FlowID: flow, ReferenceNumber: looseText(w.ReferenceNumber), EndTime: w.EndTime,
		SystemDecision: w.System, ManualDecision: w.Manual, FinalDecision: w.Final,
		Documents: w.Documents, Selfie: w.Selfie, RuleResults: w.RuleResults,
		Applicant: w.Applicant, AML: w.AML, ScreeningChecks: w.ScreeningChecks,
	}, nil
}

var errPersonal = errors.New("a journey result holds personal data and is never serialised")

// MarshalJSON always fails, so that no result gets into a payload or a store by accident.
func (r Result) MarshalJSON() ([]byte, error) { return nil, errPersonal }

// String names the journey only.
func (r Result) String() string { return "result of journey " + r.JourneyID }

// GoString names the journey only.
func (r Result) GoString() string { return r.String() }

// LogValue names the journey only.
func (r Result) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Applicant is the person, as the vendor read it from the documents.
type Applicant struct {
	ApplicantID      string `json:"applicant_id"`
	FullName         string `json:"full_name"`
	PersonalNumber   string `json:"personal_number"`
	BirthDate        string `json:"birth_date"`
	ProfileImagePath string `json:"profile_image_path"`
}

// MarshalJSON always fails, as for Result.
func (a Applicant) MarshalJSON() ([]byte, error) { return nil, errPersonal }

// String says nothing about the person.
func (a Applicant) String() string { return "[applicant]" }

// GoString says nothing about the person.
func (a Applicant) GoString() string { return a.String() }

// LogValue says nothing about the person.
func (a Applicant) LogValue() slog.Value { return slog.StringValue(a.String()) }
