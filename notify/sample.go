package notify

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"idjourney/journey"
)

// Sample returns the type's [Example] as it would be sent, for a customer to try their
// endpoint with by [Sender.Post]. Its ID is new, so that a receiver that drops what it has
// seen before takes it.
func Sample(t journey.MessageType) (id string, body []byte, err error) {
	example, err := Example(t)
	if err != nil {
		return "", nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, example); err != nil {
		return "", nil, fmt.Errorf("reading the example of %s: %w", t, err)
	}
	return "sample_" + rand.Text(), compact.Bytes(), nil
}

// ErrNoSecret says that an endpoint has no secret to sign its messages with.
var ErrNoSecret = errors.New("there is nothing to sign with")

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
	if len(to.Secrets) == 0 {
		return ErrNoSecret
	}
	sender := NewSender(Config{})
	var refused error
	for _, kind := range chosen {
		id, body, err := Sample(kind)
		if err != nil {
			return err
		}
		outcome := "taken"
		if err := sender.Post(ctx, to, id, body); err != nil {
			outcome, refused = err.Error(), errors.New("not every sample was taken")
		}
		if _, err := fmt.Fprintf(out, "%s %s: %s\n", kind, id, outcome); err != nil {
			return err
		}
	}
	return refused
}

//go:embed schemas/*.json
var schemaFiles embed.FS

// Types lists the types of message that can be sent.
func Types() []journey.MessageType {
	return []journey.MessageType{
		journey.MessageDecided, journey.MessageReviewRequired,
		journey.MessageAttention, journey.MessageAMLChanged,
		journey.MessageAdopted, journey.MessageReviewReminder, journey.MessageReviewOverdue,
		journey.MessageResubmissionRequired, journey.MessageRenewalDue, journey.MessageRenewalOverdue,
		journey.MessageErased, journey.MessageSpotCheckDecided,
	}
}

// Schema returns the JSON Schema (draft 2020-12) of a type's body.
func Schema(t journey.MessageType) ([]byte, error) { return schemaFile(t, "schema") }

// Example returns one body of the type, as a customer would receive it.
func Example(t journey.MessageType) ([]byte, error) { return schemaFile(t, "example") }

func schemaFile(t journey.MessageType, kind string) ([]byte, error) {
	text, err := schemaFiles.ReadFile("schemas/" + string(t) + "." + kind + ".json")
	if err != nil {
		return nil, fmt.Errorf("looking up the %s of message type %q: %w", kind, t, err)
	}
	return text, nil
}
