package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"idjourney/dev/world"
)

// upWithin bounds the start of the world.
const upWithin = 60 * time.Second

// Options says how the demo runs.
type Options struct {
	// Exit ends the demo after the scenarios; otherwise it stays up until ctx ends.
	Exit bool
	// Report is the file that the report is written to as JSON; "" for none.
	Report string
	// Out is where the demo is shown; Live says that it is a terminal.
	Out  io.Writer
	Live bool
	// Ports are those asked for.
	Ports world.Ports
	// TemporalAddress and UIURL are an outside Temporal's; "" embeds one.
	TemporalAddress, UIURL string
	// Topology, if set, runs Temporal and the product.
	Topology *world.Topology
}

// ErrNotAsExpected is returned when a scenario did not end as it should.
var ErrNotAsExpected = errors.New("not every scenario ended as it should")

// Run starts a world in a new directory, plays the scenarios, reports how they ended
// and, unless Options.Exit, stays up. The directory is removed at the end,
// or named in the error.
func Run(ctx context.Context, o Options) (err error) {
	dir, err := os.MkdirTemp("", "idjourney-demo-")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	logFile, err := os.Create(filepath.Join(dir, "idjourney.log"))
	if err != nil {
		return fmt.Errorf("making the log: %w", err)
	}
	defer func() {
		_ = logFile.Close()
		if err != nil {
			err = fmt.Errorf("%w; log and databases are in %s", err, dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(o.Out, format+"\n", args...) }
	say("starting Temporal, IDWise's stand-in and idjourney ...")
	began := time.Now()
	starting, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	s, err := world.Start(starting, world.Options{
		Dir: dir, Ports: o.Ports, TemporalAddress: o.TemporalAddress, UIURL: o.UIURL, Topology: o.Topology,
		Logger: slog.New(slog.NewTextHandler(logFile, nil)), Say: say,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	started := time.Since(began)
	say("up after %.1f s; Temporal's Web UI: %s\n", started.Seconds(), s.UIURL)
	return play(ctx, s, o, started)
}

func play(ctx context.Context, s *world.World, o Options, started time.Duration) error {
	report := Play(ctx, s, o.Out, o.Live, started)
	_, _ = fmt.Fprintln(o.Out)
	if ctx.Err() != nil {
		_, _ = fmt.Fprintln(o.Out, "interrupted")
		return nil //nolint:nilerr // the user ended it, which is not a failure
	}
	if err := report.Table(o.Out); err != nil {
		return err
	}
	if o.Report != "" {
		if err := report.Save(o.Report); err != nil {
			return err
		}
	}
	if !o.Exit {
		if err := farewell(o.Out, s); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}
	if !report.OK {
		return ErrNotAsExpected
	}
	return nil
}

// existing drops the files that are not there: a database may have no log.
func existing(files []string) []string {
	return slices.DeleteFunc(files, func(name string) bool {
		_, err := os.Stat(name)
		return errors.Is(err, fs.ErrNotExist)
	})
}
