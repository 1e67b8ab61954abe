package topology

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a running service.
type process struct {
	cmd    *exec.Cmd
	signal os.Signal // that asks it to end
	done   chan struct{}
	err    error // of its end; read after done
}

var errKilled = errors.New("it did not end within its grace period and was killed")

// start runs a command as a service; what it prints is appended to its log.
func (t *Topology) start(name string, cmd *exec.Cmd) (*process, error) {
	log, err := t.log(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true // an interrupt from the terminal is for us: we stop things in order
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{cmd: cmd, signal: syscall.SIGTERM, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.running[name] = p
	return p, nil
}

// runs says whether a service's process is alive; the rest of one that ended by
// itself is cleared away.
func (t *Topology) runs(name string) bool {
	p := t.running[name]
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		delete(t.running, name)
		return false
	default:
		return true
	}
}

// job runs a command to its end.
func (t *Topology) job(name string, cmd *exec.Cmd) error {
	log, err := t.log(name)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w; see %s", name, err, log.Name())
	}
	return nil
}

func (t *Topology) log(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(t.opts.Dir, "log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// await repeats try until it succeeds, the process ends or ctx does.
func (t *Topology) await(ctx context.Context, name string, p *process, try func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			delete(t.running, name)
			return fmt.Errorf("%s ended (%w); see %s", name, errors.Join(p.err, err), filepath.Join(t.opts.Dir, "log", name+".log"))
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", name, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// stop asks the process to end, and kills it after grace.
func (p *process) stop(grace time.Duration) error {
	if err := p.cmd.Process.Signal(p.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		p.kill()
		return errKilled
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it has ended
	<-p.done
}
