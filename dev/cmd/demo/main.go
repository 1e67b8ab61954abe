// The demo runs idjourney, and everything it talks to, in one process and plays
// journeys on it; see `make demo` and package demo. --help names its variables.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"go.temporal.io/sdk/client"

	"idjourney/dev/demo"
	"idjourney/dev/world"
)

const help = `idjourney's demo: a Temporal server, a stand-in for IDWise and idjourney in one process.
It plays all scenarios, prints how each ended, and stays up until Ctrl-C.

Environment:
  EXIT=1        end after the scenarios, with status 0 only if each ended as expected
  REPORT=FILE   write the outcomes, Actions and history bytes as JSON
  OUTSIDE=1     use the Temporal at TEMPORAL_ADDRESS (TEMPORAL_API_KEY, TEMPORAL_TLS_*) in
                place of an embedded one; the demo makes a namespace of its own there and
                deletes it at the end. UI_URL is the address of that Temporal's Web UI.
`

func main() {
	if len(os.Args) > 1 {
		fmt.Print(help)
		if !slices.Contains([]string{"-h", "--help", "help"}, os.Args[1]) {
			os.Exit(2)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	o := demo.Options{
		Exit: os.Getenv("EXIT") == "1", Report: os.Getenv("REPORT"),
		Out: os.Stdout, Live: isTerminal(os.Stdout), Ports: world.DefaultPorts(),
	}
	if os.Getenv("OUTSIDE") == "1" {
		o.TemporalAddress, o.UIURL = cmp.Or(os.Getenv("TEMPORAL_ADDRESS"), client.DefaultHostPort), os.Getenv("UI_URL")
	}
	err := demo.Run(ctx, o)
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
