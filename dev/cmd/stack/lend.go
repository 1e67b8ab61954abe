package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"idjourney/dev/embed"
	"idjourney/dev/world"
)

// lend starts PostgreSQL, Temporal and its Web UI, writes their addresses and
// PostgreSQL's password to a file, and stays until ctx ends. SIGUSR1 stops Temporal's
// server and SIGUSR2 starts it again, so that its databases can be restored.
func lend(ctx, starting context.Context, top *world.Topology, say func(string, ...any)) (err error) {
	if err := top.Lend(starting); err != nil {
		return err
	}
	ui, err := embed.StartUI(starting, top.UIPort(), top.TemporalAddress(), top.Namespace())
	if err != nil {
		return err
	}
	defer ui.Stop()
	file, err := writeLent(filepath.Join("..", "bin"), top.Lent(ui.URL()))
	if err != nil {
		return fmt.Errorf("writing the addresses: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(file)) }()
	acts := make(chan os.Signal, 1)
	signal.Notify(acts, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(acts)
	say("\nPostgreSQL, Temporal (%s) and its Web UI (%s) stay up until Ctrl-C.\nIn another terminal: . bin/%s", top.TemporalAddress(), ui.URL(), filepath.Base(file))
	for {
		select {
		case <-ctx.Done():
			return nil
		case act := <-acts:
			if act == syscall.SIGUSR1 {
				err = top.Pause()
				say("Temporal is stopped")
			} else {
				err = top.Resume(ctx)
				say("Temporal is started")
			}
			if err != nil {
				return err
			}
		}
	}
}

// writeLent writes a new file in dir: stack.env, or one with this process's number in its
// name while another stack that runs owns that.
func writeLent(dir, text string) (string, error) {
	file := filepath.Join(dir, "stack.env")
	if owner, err := os.ReadFile(file); err == nil && running(string(owner)) {
		file = filepath.Join(dir, fmt.Sprintf("stack-%d.env", os.Getpid()))
	}
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// running says whether the process that wrote the text still runs.
func running(text string) bool {
	_, rest, _ := strings.Cut(text, "STACK_PID='")
	pid, _, _ := strings.Cut(rest, "'")
	n, err := strconv.Atoi(pid)
	return err == nil && n > 0 && syscall.Kill(n, 0) == nil
}
