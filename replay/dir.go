// Package replay answers, before an upgrade, whether the open journeys would go on under
// the new build. It exports their histories ([Exporter]) and replays histories against the
// workflows of this build ([Dir]), without a server.
//
// A journey whose replay fails is not lost in production, but stops at its next event
// until a worker comes that issues the same commands; the replay finds out beforehand.
// What a history's payloads hold is never printed: reasons name events, commands and
// activities only.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"sync"
)

// Verdict says what this build would do with the run in one file.
type Verdict struct {
	File                    string
	WorkflowID, Type, RunID string
	Open                    bool
	// Unreadable says why the file cannot be read. Reason says why the run would break
	// and Event where; both are empty if it would go on.
	Unreadable, Reason string
	Event              int64
}

// Broken says that a running workflow would break. A closed one is only a warning.
func (v Verdict) Broken() bool { return v.Open && v.Reason != "" }

// String is one line.
func (v Verdict) String() string {
	if v.Unreadable != "" {
		return fmt.Sprintf("%s: cannot be read: %s", v.File, v.Unreadable)
	}
	state := "closed"
	if v.Open {
		state = "running"
	}
	who := fmt.Sprintf("%s, %s, run %s, %s", v.WorkflowID, v.Type, v.RunID, state)
	switch {
	case v.Reason == "":
		return fmt.Sprintf("%s: ok (%s)", v.File, who)
	case v.Open:
		return fmt.Sprintf("%s: would break at event %d: %s (%s)", v.File, v.Event, v.Reason, who)
	default:
		return fmt.Sprintf("%s: closed, only a warning: would break at event %d: %s (%s)", v.File, v.Event, v.Reason, who)
	}
}

// Dir replays every history (*.json) below dir and writes one line for each to out, in the
// order of their names, and then a summary. It is an error if a running workflow would
// break, if a file cannot be read (it may hold one), or if there is no file.
func Dir(ctx context.Context, dir fs.FS, register Register, out io.Writer) error {
	files, err := histories(dir)
	if err != nil {
		return err
	}
	verdicts := make([]Verdict, len(files))
	var all sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				verdicts[i] = register.judge(dir, files[i])
			}
		})
	}
	for i := range files {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	all.Wait()
	if err := ctx.Err(); err != nil {
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

func (register Register) judge(dir fs.FS, file string) Verdict {
	v := Verdict{File: file}
	r, err := read(dir, file)
	if err != nil {
		v.Unreadable = err.Error()
		return v
	}
	v.WorkflowID, v.Type, v.RunID, v.Open = r.WorkflowID, r.Type, r.RunID, r.Open
	broken, err := register.check(r)
	switch {
	case err != nil:
		v.Unreadable = err.Error()
	case broken != nil:
		v.Event, v.Reason = broken.event, broken.reason
	}
	return v
}

func report(out io.Writer, verdicts []Verdict) error {
	var ok, broken, warned, unreadable int
	for _, v := range verdicts {
		switch {
		case v.Unreadable != "":
			unreadable++
		case v.Broken():
			broken++
		case v.Reason != "":
			warned++
		default:
			ok++
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
