package demo

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"idjourney/dev/embed"
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

// Ctrl-C during the scenarios ends the demo within three seconds, and is not reported as
// a failure.
func TestInterruptedDemo(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out := &interrupting{at: []byte("a user begins a journey"), interrupt: interrupt}
	err := Run(ctx, Options{Exit: true, Out: out, Ports: world.Ports{UI: embed.NoUI}})
	if took := time.Since(out.since); out.since.IsZero() || took > 3*time.Second {
		t.Errorf("the demo ended %v after the interruption, want at most 3 s", took)
	}
	if err != nil {
		t.Errorf("got the error %v", err)
	}
	if text := out.String(); strings.Contains(text, "✗") || !strings.HasSuffix(text, "interrupted\n") {
		t.Errorf("the demo printed:\n%s", text)
	}
}

// interrupting presses Ctrl-C when a text is printed for the first time.
type interrupting struct {
	bytes.Buffer
	at        []byte
	interrupt context.CancelFunc
	since     time.Time
}

func (w *interrupting) Write(p []byte) (int, error) {
	if w.since.IsZero() && bytes.Contains(p, w.at) {
		w.since = time.Now()
		w.interrupt()
	}
	return w.Buffer.Write(p)
}
