package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestBoardInALog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	b := newBoard(&out, false, func() time.Time { return clock }, "approved", "aml-change")
	l := b.line("approved")
	clock = clock.Add(1500 * time.Millisecond)
	l.say("%s", "custom_steps")
	l.say("%s", "custom_steps")
	l.at("http://ui/w", "custom_steps")
	l.end(true, "approved")
	clock = clock.Add(time.Hour)
	b.line("aml-change").say("settled")

	want := "· approved     1.5s  custom_steps\n" +
		"· approved     1.5s  custom_steps  http://ui/w\n" +
		"✓ approved     1.5s  approved  http://ui/w\n" +
		"· aml-change 3601.5s  settled\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if b.line("none") != nil {
		t.Error("got a line for a scenario that is not on the board")
	}
}

func TestBoardOnATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := newBoard(&out, true, func() time.Time { return time.Unix(0, 0) }, "approved", "aml-change")
	first := out.Len()
	if got, want := strings.Count(out.String(), "\n"), 2; got != want {
		t.Errorf("first drawing: got %d lines, want %d", got, want)
	}
	b.line("approved").end(false, "rejected")
	again := out.String()[first:]
	if !strings.HasPrefix(again, "\x1b[2A") {
		t.Errorf("the second drawing does not go back two lines: %q", again)
	}
	if !strings.Contains(again, "✗ approved") || !strings.Contains(again, "· aml-change") {
		t.Errorf("the second drawing lacks a scenario: %q", again)
	}
}
