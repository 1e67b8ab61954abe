package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"idjourney/dev/embed"
	"idjourney/dev/world"
)

// lentFile is where a shell of the repository's root finds what is lent: the
// addresses and PostgreSQL's password.
var lentFile = filepath.Join("..", "bin", "stack.env")

// lend starts PostgreSQL, Temporal and its Web UI, writes lentFile, and stays until
// ctx ends. SIGUSR1 stops Temporal's server and SIGUSR2 starts it again, for whoever
// restores its databases.
func lend(ctx, starting context.Context, top *world.Topology, say func(string, ...any)) (err error) {
	if err := top.Lend(starting); err != nil {
		return err
	}
	ui, err := embed.StartUI(starting, top.UIPort(), top.TemporalAddress(), top.Namespace())
	if err != nil {
		return err
	}
	defer ui.Stop()
	if err := os.WriteFile(lentFile, []byte(top.Lent(ui.URL())), 0o600); err != nil {
		return fmt.Errorf("writing what is lent: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(lentFile)) }()
	acts := make(chan os.Signal, 1)
	signal.Notify(acts, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(acts)
	say("\nPostgreSQL, Temporal (%s) and its Web UI (%s) stay up until Ctrl-C.\nIn another terminal: . bin/stack.env", top.TemporalAddress(), ui.URL())
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
