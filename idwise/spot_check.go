package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"idjourney/outbound"
)

// SpotCheckResult is the result of a biometric spot check. It leaves out the person whom
// the vendor's answer describes, but the reference is personal data.
type SpotCheckResult struct {
	outbound.Private
	// ID is the spot check's own id. It is not the onboarding journey's, and
	// [Client.Result] does not know it.
	ID string `json:"-"`
	// ReferenceNumber is the only link to a customer; "" if absent.
	ReferenceNumber string `json:"-"`
	// EndTime is as sent, ISO 8601 without a zone; nil while the check is open.
	EndTime *string `json:"end_time"`
	// SystemDecision is Complete, Refer, Incomplete, or a value we do not know.
	SystemDecision string `json:"system_decision"`
	// Selfie is nil when the result has none.
	Selfie *Selfie `json:"selfie"`
	// RuleResults are the vendor's rules by key.
	RuleResults map[string]RuleResult `json:"rule_results"`
}

// EndedAt is EndTime as an instant. We assume UTC, as in Result.
func (r *SpotCheckResult) EndedAt() time.Time { return readTime(r.EndTime) }

// SpotCheck fetches a spot check's result by the id from its webhook. Besides the errors
// of every request, it returns ErrUnreadable or ErrOtherJourney. We infer that the answer's
// journey_id is the spot check's own id.
func (c *Client) SpotCheck(ctx context.Context, id string) (*SpotCheckResult, error) {
	return do(ctx, c, request{operation: ReadSpotCheck, id: id}, func(body []byte) (*SpotCheckResult, error) {
		var w struct {
			SpotCheckResult
			JourneyID       loose `json:"journey_id"`
			ReferenceNumber loose `json:"reference_number"`
		}
		if json.Unmarshal(body, &w) != nil {
			return nil, fmt.Errorf("not a spot check's result: %w", ErrUnreadable)
		}
		w.ID, w.SpotCheckResult.ReferenceNumber = string(w.JourneyID), string(w.ReferenceNumber)
		return &w.SpotCheckResult, about(id, w.ID)
	})
}
