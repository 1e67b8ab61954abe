package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// SpotCheckResult is the result of a biometric spot check. It leaves out the person whom
// the vendor's answer describes. The reference is personal data, so the result refuses to
// be serialised or printed, as Result does.
type SpotCheckResult struct {
	// ID is the spot check's own id. It is not the onboarding journey's, and
	// [Client.Result] does not know it.
	ID string
	// ReferenceNumber is the only link to a customer; "" if absent.
	ReferenceNumber string
	// EndTime is as sent, ISO 8601 without a zone; nil while the check is open.
	// EndedAt parses it.
	EndTime *string
	// SystemDecision is Complete, Refer, Incomplete, or a value we do not know.
	SystemDecision string
	// Selfie is nil when the result has none.
	Selfie *Selfie
	// RuleResults are the vendor's rules by key.
	RuleResults map[string]RuleResult
}

// EndedAt is EndTime as an instant. We assume UTC, as in Result.
func (r *SpotCheckResult) EndedAt() time.Time { return readTime(r.EndTime) }

// MarshalJSON always fails, as for Result.
func (r SpotCheckResult) MarshalJSON() ([]byte, error) { return nil, errPersonal }

// String names the spot check only.
func (r SpotCheckResult) String() string { return "result of spot check " + r.ID }

// GoString names the spot check only.
func (r SpotCheckResult) GoString() string { return r.String() }

// LogValue names the spot check only.
func (r SpotCheckResult) LogValue() slog.Value { return slog.StringValue(r.String()) }

// SpotCheck fetches a spot check's result by the id from its webhook. Besides the errors
// of every request, it returns ErrUnreadable or ErrOtherJourney. We infer that the answer's
// journey_id is the spot check's own id.
func (c *Client) SpotCheck(ctx context.Context, id string) (*SpotCheckResult, error) {
	var result *SpotCheckResult
	err := c.do(ctx, request{operation: ReadSpotCheck, id: id, accept: func(body []byte) (err error) {
		result, err = decodeSpotCheck(body, id)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// decodeSpotCheck drops the parser's message, which quotes the input.
func decodeSpotCheck(body []byte, id string) (*SpotCheckResult, error) {
	var w struct {
		JourneyID       json.RawMessage       `json:"journey_id"`
		ReferenceNumber json.RawMessage       `json:"reference_number"`
		EndTime         *string               `json:"end_time"`
		System          string                `json:"system_decision"`
		Selfie          *Selfie               `json:"selfie"`
		RuleResults     map[string]RuleResult `json:"rule_results"`
	}
	if json.Unmarshal(body, &w) != nil {
		return nil, fmt.Errorf("not a spot check's result: %w", ErrUnreadable)
	}
	if err := about(id, w.JourneyID); err != nil {
		return nil, fmt.Errorf("the spot check's id: %w", err)
	}
	return &SpotCheckResult{
		ID: id, ReferenceNumber: looseText(w.ReferenceNumber), EndTime: w.EndTime,
		SystemDecision: w.System, Selfie: w.Selfie, RuleResults: w.RuleResults,
	}, nil
}
