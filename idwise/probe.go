package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Probe makes one reading call for an id and says whether it answers what it
// should: nil, or an error as of every call. It refuses an operation that would
// change something. What was read is forgotten. The vendor wants at least two seconds
// between two calls of JourneySummary with one key, and may block its access otherwise.
func (c *Client) Probe(ctx context.Context, op Operation, id string) error {
	if c.paths[op].Method != http.MethodGet {
		return fmt.Errorf("probing %s: it changes a journey: %w", op, ErrNotSent)
	}
	r := request{operation: op, id: id, accept: func(body []byte) error {
		var answer struct {
			JourneyID json.RawMessage `json:"journey_id"`
		}
		if json.Unmarshal(body, &answer) != nil {
			return ErrUnreadable
		}
		return about(id, answer.JourneyID)
	}}
	if op == ReadAMLHistory {
		r.query = versionQuery(1)
		r.accept = func(body []byte) error {
			_, err := decodeAMLHistory(body, id)
			return err
		}
	}
	return c.do(ctx, r)
}

// about says whether an answer names the id that was asked for.
func about(asked string, answered json.RawMessage) error {
	switch looseText(answered) {
	case asked:
		return nil
	case "":
		return ErrUnreadable
	}
	return ErrOtherJourney
}

// Endpoint is where the client finds the operation, corrections included.
func (c *Client) Endpoint(op Operation) Endpoint { return c.paths[op] }
