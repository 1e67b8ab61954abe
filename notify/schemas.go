package notify

import (
	"embed"
	"fmt"

	"idjourney/journey"
)

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
