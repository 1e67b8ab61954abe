package idwise

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Probe makes one read request for an id and checks that the answer is of the expected
// kind; it returns the errors of every request. It refuses an operation that would change
// something, and discards what it reads. The vendor requires at least two seconds between
// two requests of JourneySummary with one key, and may otherwise block its access.
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

// about checks that an answer names the requested id.
func about(asked string, answered json.RawMessage) error {
	switch looseText(answered) {
	case asked:
		return nil
	case "":
		return ErrUnreadable
	}
	return ErrOtherJourney
}

// Endpoint is the operation's endpoint, overrides included.
func (c *Client) Endpoint(op Operation) Endpoint { return c.paths[op] }
