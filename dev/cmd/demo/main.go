// The demo runs idjourney, and everything it talks to, in one process and plays
// journeys on it; see `make demo` and package demo.
//
// Environment: EXIT=1 ends it after the scenarios, with status 0 only if all
// ended as they should; REPORT=file writes what happened as JSON;
// OUTSIDE=1 uses the Temporal that TEMPORAL_ADDRESS names (UI_URL is its Web UI).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"idjourney/dev/demo"
	"idjourney/dev/world"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o := demo.Options{
		Exit: os.Getenv("EXIT") == "1", Report: os.Getenv("REPORT"),
		Out: os.Stdout, Live: isTerminal(os.Stdout), Ports: world.DefaultPorts(),
	}
	if os.Getenv("OUTSIDE") == "1" {
		o.TemporalAddress, o.UIURL = os.Getenv("TEMPORAL_ADDRESS"), os.Getenv("UI_URL")
	}
	err := demo.Run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// isTerminal is good enough to tell a person's screen from a file or a pipe.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
