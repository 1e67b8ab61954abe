package world

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"

	"idjourney/dev/compose"
)

// The services of docker-compose.yml that are run.
const (
	postgresqlService = "postgresql"
	schemaService     = "temporal-schema"
	temporalService   = "temporal"
	setupService      = "setup"
	starterService    = "starter"
	workerService     = "worker"
)

// TopologyOptions says where a topology runs.
type TopologyOptions struct {
	// Root is the repository, Bin the folder of Build's binaries.
	Root, Bin string
	// Dir holds data and logs. Started again on the same one, the topology goes on
	// where it was; Env has to be the same then. PostgreSQL's user has to be able to
	// reach it.
	Dir string
	// Env is what .env would hold; see compose.NewEnv.
	Env map[string]string
	// Published asks for the ports that the file publishes; one that is taken is
	// replaced, which Say announces. Otherwise all ports are free ones.
	Published bool
	Say       func(format string, args ...any)
}

// Topology runs the services of docker-compose.yml without Docker: a PostgreSQL from
// the machine's packages, Temporal's SQL tool and server built from the module that
// this module depends on, and idjourney. Every setting comes from the file; only names
// and ports of the compose network become ports of the loopback interface, and
// container paths the files that are mounted there. Its methods may be called from
// several goroutines.
type Topology struct {
	processes
	opts    TopologyOptions
	project *types.Project

	mu      sync.Mutex
	ports   map[string]int // by "service:port"
	cluster cluster
	// configFile and secrets are the product's, once they are known.
	configFile string
	secrets    []string
}

// NewTopology reads the file. Nothing runs before Up.
func NewTopology(ctx context.Context, opts TopologyOptions) (*Topology, error) {
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	project, err := compose.Load(ctx, opts.Root, opts.Env, standinService)
	if err != nil {
		return nil, err
	}
	t := &Topology{processes: newProcesses(opts.Dir), opts: opts, project: project, ports: map[string]int{}}
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
	for _, name := range []string{standinService, workerService, starterService, temporalService, postgresqlService} {
		problems = append(problems, t.stop(name))
	}
	return errors.Join(problems...)
}

func (t *Topology) stop(name string) error { return t.halt(name, t.gracePeriod(name)) }

// Pause kills Temporal's server: nothing in it gets a chance to tidy up.
func (t *Topology) Pause() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kill(temporalService)
	return nil
}

// Resume starts Temporal's server again.
func (t *Topology) Resume(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.startTemporal(ctx)
}

// TemporalAddress is host:port of Temporal's frontend.
func (t *Topology) TemporalAddress() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.address(temporalService, 7233)
}

// Namespace is the product's.
func (t *Topology) Namespace() string { return t.ofStarter("TEMPORAL_NAMESPACE") }

func (t *Topology) ofStarter(variable string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return value(t.environment(starterService), variable)
}

func (t *Topology) listens() listens {
	t.mu.Lock()
	defer t.mu.Unlock()
	return listens{t.address(starterService, 8080), t.address(starterService, 9090), t.address(starterService, 8081)}
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
