package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// processes are programs that run beside this one, by name. What they print is
// appended to dir/log/name.log.
type processes struct {
	dir     string
	running map[string]*process
}

func newProcesses(dir string) processes {
	return processes{dir: dir, running: map[string]*process{}}
}

type process struct {
	cmd    *exec.Cmd
	signal os.Signal // that asks it to end
	done   chan struct{}
	err    error // of its end; read after done
}

var errKilled = errors.New("it did not end within its grace period and was killed")

// start runs a command until it is stopped or killed.
func (ps processes) start(name string, cmd *exec.Cmd) (*process, error) {
	log, err := ps.log(name)
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
	ps.running[name] = p
	return p, nil
}

// runs says whether a process is alive; one that ended by itself is forgotten.
func (ps processes) runs(name string) bool {
	p := ps.running[name]
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		delete(ps.running, name)
		return false
	default:
		return true
	}
}

// job runs a command to its end.
func (ps processes) job(name string, cmd *exec.Cmd) error {
	log, err := ps.log(name)
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

func (ps processes) logFile(name string) string { return filepath.Join(ps.dir, "log", name+".log") }

func (ps processes) log(name string) (*os.File, error) {
	file := ps.logFile(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the logs: %w", err)
	}
	return os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// Logs are the files that the processes log to.
func (ps processes) Logs() []string {
	files, _ := filepath.Glob(ps.logFile("*")) // the pattern is right
	return files
}

// await repeats try until it succeeds, the process ends or ctx does.
func (ps processes) await(ctx context.Context, name string, try func(context.Context) error) error {
	p := ps.running[name]
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			delete(ps.running, name)
			return fmt.Errorf("%s ended (%w); see %s", name, errors.Join(p.err, err), ps.logFile(name))
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", name, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// kill ends a process by SIGKILL: nothing in it gets a chance to tidy up.
func (ps processes) kill(name string) {
	if p := ps.running[name]; p != nil {
		p.kill()
		delete(ps.running, name)
	}
}

// halt asks a process to end, and kills it after grace, which is an error.
func (ps processes) halt(name string, grace time.Duration) error {
	p := ps.running[name]
	if p == nil {
		return nil
	}
	delete(ps.running, name)
	if err := p.stop(grace); err != nil {
		return fmt.Errorf("stopping %s: %w", name, err)
	}
	return nil
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

// StartStarter starts the starter of Options.Binary and returns when it listens.
func (w *World) StartStarter(ctx context.Context) error {
	if err := w.StartProcess("starter", w.opts.Binary, "starter"); err != nil {
		return err
	}
	return w.processes.await(ctx, "starter", func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.Config.Listen.Public)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// StartWorker starts the worker of Options.Binary.
func (w *World) StartWorker() error {
	return w.StartProcess("worker", w.opts.Binary, "worker", "--admin", strings.TrimPrefix(w.WorkerAdminURL, "http://"))
}

// StartProcess starts any program in the environment of the product. Stop kills it.
func (w *World) StartProcess(name, binary string, args ...string) error {
	cmd := exec.Command(binary, args...) //nolint:noctx // it runs until it is killed
	cmd.Env = w.Environ()
	if _, err := w.processes.start(name, cmd); err != nil {
		return err
	}
	w.undo(func() error { w.Kill(name); return nil })
	return nil
}

// Kill ends a process by SIGKILL: nothing in it gets a chance to tidy up.
func (w *World) Kill(name string) { w.processes.kill(name) }

// Logs are the files that the world's processes log to.
func (w *World) Logs() []string { return w.processes.Logs() }

// Environ is the environment of the product's processes.
func (w *World) Environ() []string {
	environ := append(os.Environ(), "IDJOURNEY_CONFIG="+w.ConfigFile, "TEMPORAL_ADDRESS="+w.TemporalAddress, "TEMPORAL_NAMESPACE="+w.Namespace)
	return slices.Concat(environ, w.Keys.environ(), w.opts.Environ)
}
