package notify_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

// The schema, the journeys and the metrics list the same attention codes.
func TestTheSchemaListsAllAttentionCodes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("schemas/journey.attention.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []journey.AttentionCode
	for _, code := range s.Properties["data"].Properties["attention"].Properties["code"].Enum {
		got = append(got, journey.AttentionCode(code.(string)))
	}
	if diff := cmp.Diff(journey.AttentionCodes(), got); diff != "" {
		t.Errorf("the schema (-want +got):\n%s", diff)
	}
}
