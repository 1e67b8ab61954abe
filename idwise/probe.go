package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Probe makes one reading call for a journey and says whether it answers what it
// should: nil, or an error as of every call. It refuses an operation that would
// change something. What was read is forgotten.
func (c *Client) Probe(ctx context.Context, op Operation, journeyID string) error {
	if c.paths[op].Method != http.MethodGet {
		return fmt.Errorf("probing %s: it changes a journey: %w", op, ErrNotSent)
	}
	return c.do(ctx, request{operation: op, journeyID: journeyID, accept: func(body []byte) error {
		var answer struct {
			JourneyID json.RawMessage `json:"journey_id"`
		}
		if json.Unmarshal(body, &answer) != nil || looseText(answer.JourneyID) == "" {
			return ErrUnreadable
		}
		if looseText(answer.JourneyID) != journeyID {
			return ErrOtherJourney
		}
		return nil
	}})
}

// Endpoint is where the client finds the operation, corrections included.
func (c *Client) Endpoint(op Operation) Endpoint { return c.paths[op] }
