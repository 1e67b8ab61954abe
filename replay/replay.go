// Package replay says, before an upgrade, whether the open journeys would go on under the new
// build: it exports their histories ([Exporter]) and replays them ([Dir]), without a server. A
// journey whose replay fails stops at its next event until a worker of a fitting build is
// started. What payloads hold is never printed.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// verdict says what this build would do with the run in one file.
type verdict struct {
	file string
	run
	// unreadable says why the file cannot be read; broken is nil if the run would go on.
	unreadable error
	broken     *breakage
}

// String is one line.
func (v verdict) String() string {
	if v.unreadable != nil {
		return fmt.Sprintf("%s: cannot be read: %v", v.file, v.unreadable)
	}
	result, state := "ok", "running"
	if v.broken != nil {
		result = fmt.Sprintf("would break at event %d: %s", v.broken.event, v.broken.reason)
	}
	if !v.open {
		state = "closed"
	}
	if v.broken != nil && !v.open {
		result = "closed, only a warning: " + result
	}
	return fmt.Sprintf("%s: %s (%s, %s, run %s, %s)", v.file, result, v.started.GetWorkflowId(), v.workflow(), v.runID(), state)
}

// Dir replays every history (*.json) below dir and writes a line for each to out, and a
// summary. It is an error if a running workflow would break, if a file cannot be read, or if
// there is none.
func Dir(ctx context.Context, dir fs.FS, register Register, out io.Writer) error {
	files, err := histories(dir)
	if err != nil {
		return err
	}
	verdicts := make([]verdict, len(files))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		all.Go(func() error {
			if ctx.Err() == nil {
				verdicts[i] = register.judge(dir, file)
			}
			return ctx.Err()
		})
	}
	if err := all.Wait(); err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	return report(out, verdicts)
}

func histories(dir fs.FS) (files []string, err error) {
	err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && path.Ext(name) == ".json" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for histories: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("there is no history to replay: no file ends in .json")
	}
	return files, nil
}

func (register Register) judge(dir fs.FS, file string) verdict {
	v := verdict{file: file}
	if v.run, v.unreadable = read(dir, file); v.unreadable == nil {
		v.broken, v.unreadable = register.check(v.run)
	}
	return v
}

func report(out io.Writer, verdicts []verdict) error {
	var ok, broken, warned, unreadable int
	for _, v := range verdicts {
		switch {
		case v.unreadable != nil:
			unreadable++
		case v.broken == nil:
			ok++
		case v.open:
			broken++
		default:
			warned++
		}
		if _, err := fmt.Fprintln(out, v); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d ok, %d running would break, %d closed would have, %d cannot be read\n", ok, broken, warned, unreadable)
	switch {
	case err != nil:
		return err
	case broken > 0:
		return fmt.Errorf("%d running workflows would break under this build", broken)
	case unreadable > 0:
		return fmt.Errorf("%d files cannot be read: whether their workflows would break is not known", unreadable)
	}
	return nil
}
