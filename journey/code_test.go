package journey_test

import (
	"strings"
	"testing"

	"idjourney/journey"
)

func TestIsCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"no_record": true, "a": true, "a2_": true, strings.Repeat("a", 64): true,
		"": false, "_a": false, "2a": false, "No_record": false, "no record": false, "no-record": false,
		"é": false, "a\x00": false, "jane.doe@example.com": false, strings.Repeat("a", 65): false,
	} {
		if got := journey.IsCode(text); got != want {
			t.Errorf("IsCode(%q) = %v, want %v", text, got, want)
		}
	}
}
