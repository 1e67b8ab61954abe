package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
)

// StartRequest describes the journey to start.
type StartRequest struct {
	// FlowID is required.
	FlowID string
	// ReferenceNo is the customer's own reference; "" for none. Treat it as personal data.
	ReferenceNo string
}

// String leaves the reference out.
func (r StartRequest) String() string { return "start of a journey of flow " + r.FlowID }

// GoString leaves the reference out.
func (r StartRequest) GoString() string { return r.String() }

// LogValue leaves the reference out.
func (r StartRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// StartedJourney identifies a started journey.
type StartedJourney struct{ JourneyID string }

// StartJourney starts a journey at the vendor. The vendor documents no idempotency for it
// and no way to find a journey by its reference: every request that arrives starts another
// journey. This client therefore never repeats it. After an error that is not [Definite], a
// journey with an unknown id may exist; a caller that tries again accepts that. Besides the
// errors of every request, it returns ErrUnreadable.
func (c *Client) StartJourney(ctx context.Context, r StartRequest) (StartedJourney, error) {
	if r.FlowID == "" {
		return StartedJourney{}, fmt.Errorf("calling %s: a flow id is needed: %w", StartJourney, ErrNotSent)
	}
	body, err := json.Marshal(struct {
		FlowID      string `json:"flow_id"`
		ReferenceNo string `json:"reference_no,omitempty"`
	}{r.FlowID, r.ReferenceNo})
	if err != nil {
		return StartedJourney{}, fmt.Errorf("calling %s: %w: %w", StartJourney, ErrNotSent, err)
	}
	var started StartedJourney
	err = c.do(ctx, request{
		operation: StartJourney, contentType: "application/json", body: body,
		accept: func(body []byte) (err error) {
			started, err = decodeStarted(body)
			return err
		},
	})
	if err != nil {
		return StartedJourney{}, err
	}
	return started, nil
}

// decodeStarted refuses an id that other requests cannot use.
func decodeStarted(body []byte) (StartedJourney, error) {
	var w struct {
		JourneyID json.RawMessage `json:"journey_id"`
	}
	if json.Unmarshal(body, &w) != nil || !ValidID(looseText(w.JourneyID)) {
		return StartedJourney{}, fmt.Errorf("no journey id: %w", ErrUnreadable)
	}
	return StartedJourney{JourneyID: looseText(w.JourneyID)}, nil
}
