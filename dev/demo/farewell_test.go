package demo

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"idjourney/dev/world"
	"idjourney/journey"
)

// farewellWorks pastes every command that the demo prints at its end, one of which
// decides the review of a journey.
func farewellWorks(t *testing.T, s *world.World, decided string) {
	t.Helper()
	var text strings.Builder
	if err := farewell(&text, s); err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^  curl (?:.*\\\n)*.*$`).FindAllString(text.String(), -1)
	if len(commands) != 6 {
		t.Errorf("got %d commands, want 6:\n%s", len(commands), text.String())
	}
	for _, command := range commands {
		pasted := strings.Replace(command, "curl ", "curl -sS --fail-with-body ", 1)
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", pasted).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := (&run{world: s, account: world.Account}).rest(ctx, "made-up", journey.Unknown); err != nil {
		t.Errorf("the journey of the sample webhook: %v", err)
	}
	r := &run{world: s, account: world.AccountDown, journeyID: decided}
	if _, err := r.rest(ctx, decided, journey.Settled); err != nil {
		t.Errorf("the journey whose review was decided: %v", err)
	}
}
