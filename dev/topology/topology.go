// Package topology runs the services of docker-compose.yml without Docker: a
// PostgreSQL from the machine's packages, Temporal's SQL tool and server built
// from the module that this module depends on, and idjourney. Every setting comes
// from the file; only names and ports of the compose network become ports of the
// loopback interface, and container paths the files that are mounted there.
package topology

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"

	"idjourney/dev/compose"
	"idjourney/dev/stack"
)

// The services that are run.
const (
	postgresql = "postgresql"
	schema     = "temporal-schema"
	temporal   = "temporal"
	setup      = "setup"
	starter    = "starter"
	worker     = "worker"
)

// Options says where a topology runs.
type Options struct {
	// Root is the repository, Bin the folder of Build's binaries.
	Root, Bin string
	// Dir holds data and logs. Started again on the same one, the topology goes on
	// where it was; Env has to be the same then. PostgreSQL's user has to be able to
	// reach it.
	Dir string
	// Env is what .env would hold; see compose.NewEnv.
	Env map[string]string
	// Published asks for the ports that the file publishes; one that is taken is
	// replaced, and Say is told. Otherwise all ports are free ones.
	Published bool
	Say       func(format string, args ...any)
}

// Topology is a set of processes. Its methods may be called from several
// goroutines.
type Topology struct {
	opts    Options
	project *types.Project

	mu      sync.Mutex
	ports   map[string]int // by "service:port"
	running map[string]*process
	cluster cluster
	// configFile and secrets are the product's, once they are known.
	configFile string
	secrets    []string
}

// New reads the file. Nothing runs before Up.
func New(ctx context.Context, opts Options) (*Topology, error) {
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	project, err := compose.Load(ctx, opts.Root, opts.Env, standin)
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{opts.Dir, filepath.Join(opts.Dir, "log")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("making the topology's directory: %w", err)
		}
	}
	t := &Topology{opts: opts, project: project, ports: map[string]int{}, running: map[string]*process{}}
	t.cluster, err = newCluster(opts.Dir)
	return t, err
}

// Up starts what does not run, in the order of the file's depends_on: databases,
// schema, Temporal, namespace and search attributes, and starter and worker as soon
// as their configuration is known.
func (t *Topology) Up(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	steps := []func(context.Context) error{t.startPostgreSQL, t.runSchema, t.startTemporal, t.runSetup}
	if t.configFile != "" {
		steps = append(steps, t.startProduct)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Down stops everything as compose does: in reverse order, and a process that does
// not end within its grace period is killed. That is an error.
func (t *Topology) Down() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var problems []error
	for _, name := range []string{standin, worker, starter, temporal, postgresql} {
		problems = append(problems, t.stop(name))
	}
	return errors.Join(problems...)
}

func (t *Topology) stop(name string) error {
	p := t.running[name]
	if p == nil {
		return nil
	}
	delete(t.running, name)
	if err := p.stop(t.gracePeriod(name)); err != nil {
		return fmt.Errorf("stopping %s: %w", name, err)
	}
	return nil
}

// Kill ends a service by SIGKILL.
func (t *Topology) Kill(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.running[name]; p != nil {
		p.kill()
		delete(t.running, name)
	}
}

// Pause kills Temporal's server: nothing in it gets a chance to tidy up.
func (t *Topology) Pause() error {
	t.Kill(temporal)
	return nil
}

// Resume starts Temporal's server again.
func (t *Topology) Resume(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.startTemporal(ctx)
}

// Outside describes the topology to a stack, which then plays the world around it.
func (t *Topology) Outside() *stack.Outside {
	t.mu.Lock()
	defer t.mu.Unlock()
	environ := t.environment(starter)
	return &stack.Outside{
		TemporalAddress: t.address(temporal, 7233), Namespace: value(environ, "TEMPORAL_NAMESPACE"),
		PublicURL: "http://" + t.address(starter, 8080), AdminURL: "http://" + t.address(starter, 9090),
		APIURL:    "http://" + t.address(starter, 8081),
		LedgerURL: value(environ, "IDJOURNEY_LEDGER_URL"),
		Run:       t.run, Pausable: t,
	}
}

// run starts the product with a configuration other than the mounted one: what is
// minutes and days there has to be seconds here.
func (t *Topology) run(ctx context.Context, configFile string, secrets []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.configFile, t.secrets = configFile, slices.Clone(secrets)
	return t.startProduct(ctx)
}

// UIPort is the port for Temporal's Web UI, which is not run from here: its image
// holds a program of its own.
func (t *Topology) UIPort() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.port("temporal-ui", 8080)
}

// DataDir is PostgreSQL's folder.
func (t *Topology) DataDir() string { return t.cluster.data }

// Logs are the files that the processes log to.
func (t *Topology) Logs() []string {
	files, _ := filepath.Glob(filepath.Join(t.opts.Dir, "log", "*.log")) // the pattern is right
	return files
}
