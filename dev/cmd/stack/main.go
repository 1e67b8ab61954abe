// The stack runs what docker-compose.yml describes without Docker: PostgreSQL,
// Temporal, starter and worker in processes of their own, from binaries, with the
// file's settings; see `make stack` and world.Topology. The demo's world is
// around it, and its scenarios are played once.
//
// Environment: EXIT=1 ends it after the scenarios, with status 0 only if all ended
// as they should; REPORT=file writes what happened as JSON. BARE=1 starts PostgreSQL
// and Temporal alone and lends them, see lend.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"idjourney/dev/compose"
	"idjourney/dev/demo"
	"idjourney/dev/embed"
	"idjourney/dev/world"
)

// upWithin bounds the start, a first build of Temporal's server included.
const upWithin = 20 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	starting, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	say("building Temporal's server and SQL tool and idjourney ...")
	const root = ".."
	bin, err := world.Build(starting, root)
	if err != nil {
		return err
	}
	// Passwords for this start only: the databases go with it.
	env, err := compose.NewEnv(starting, root)
	if err != nil {
		return err
	}
	dir, err := world.NewDir()
	if err != nil {
		return err
	}
	top, err := world.NewTopology(starting, world.TopologyOptions{Root: root, Bin: bin, Dir: dir, Env: env, Published: true, Say: say})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, top.Down())
		if err != nil {
			err = fmt.Errorf("%w; data and logs are in %s", err, dir)
			return
		}
		err = top.Remove()
	}()
	say("starting PostgreSQL and Temporal with the settings of %s ...", compose.FileName)
	if os.Getenv("BARE") == "1" {
		return lend(ctx, starting, top, say)
	}
	return play(ctx, starting, top, dir, say)
}

// play puts the demo's world around the topology.
func play(ctx, starting context.Context, top *world.Topology, dir string, say func(string, ...any)) error {
	if err := top.Up(starting); err != nil {
		return err
	}
	ui, err := embed.StartUI(starting, top.UIPort(), top.TemporalAddress(), top.Namespace())
	if err != nil {
		return err
	}
	defer ui.Stop()
	say("data and logs of all processes: %s", dir)
	return demo.Run(ctx, demo.Options{
		Exit: os.Getenv("EXIT") == "1", Report: os.Getenv("REPORT"),
		Out: os.Stdout, Ports: world.DefaultPorts(), Topology: top, UIURL: ui.URL(),
	})
}
