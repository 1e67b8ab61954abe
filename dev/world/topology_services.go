package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"idjourney/dev/compose"
)

// Build builds the three binaries into the repository's folder bin, where the next
// call finds what is still current: Temporal's server and SQL tool from the module
// that dev/go.mod names.
func Build(ctx context.Context, root string) (bin string, err error) {
	if bin, err = filepath.Abs(filepath.Join(root, "bin", "topology")); err != nil {
		return "", err
	}
	unlock, err := lock(bin)
	if err != nil {
		return "", err
	}
	defer unlock()
	for _, b := range []struct{ dir, name, pkg string }{
		{"dev", "temporal-server", "go.temporal.io/server/cmd/server"},
		{"dev", "temporal-sql-tool", "go.temporal.io/server/cmd/tools/sql"},
		{".", "idjourney", "./cmd/idjourney"},
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", filepath.Join(bin, b.name), b.pkg)
		cmd.Dir = filepath.Join(root, b.dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("building %s: %w\n%s", b.name, err, out)
		}
	}
	return bin, nil
}

// lock keeps two tests from building at once: one would replace what the other runs.
func lock(bin string) (unlock func(), err error) {
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the binaries: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(bin, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the binaries: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the binaries: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil // which unlocks
}

// NewDir makes a directory for a topology, which PostgreSQL's user can reach.
func NewDir() (string, error) {
	dir, err := os.MkdirTemp("", "idjourney-topology-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

func (t *Topology) binary(name string) string { return filepath.Join(t.opts.Bin, name) }

// runSchema runs the mounted script, as the schema job does.
func (t *Topology) runSchema(ctx context.Context) error {
	s := t.project.Services[schemaService]
	script, err := compose.Mounted(s, s.Entrypoint[1])
	if err != nil {
		return err
	}
	environ := append(t.environment(schemaService), "PATH="+t.opts.Bin+":/usr/bin:/bin")
	environ = set(environ, "SQL_HOST", loopback)
	environ = set(environ, "SQL_PORT", strconv.Itoa(t.port(postgresqlService, 5432)))
	cmd := exec.CommandContext(ctx, s.Entrypoint[0], script)
	cmd.Env = environ
	return t.job(schemaService, cmd)
}

// innerPorts are those of Temporal's services among themselves. In a container
// no other program can take them; here one could.
var innerPorts = map[string]int{
	"FRONTEND_GRPC_PORT": 7233, "FRONTEND_HTTP_PORT": 7243, "FRONTEND_MEMBERSHIP_PORT": 6933,
	"HISTORY_GRPC_PORT": 7234, "HISTORY_MEMBERSHIP_PORT": 6934,
	"MATCHING_GRPC_PORT": 7235, "MATCHING_MEMBERSHIP_PORT": 6935,
	"WORKER_GRPC_PORT": 7239, "WORKER_MEMBERSHIP_PORT": 6939,
}

// startTemporal starts the server; its configuration is the template that its
// image uses, filled in from the file's environment.
func (t *Topology) startTemporal(ctx context.Context) error {
	if t.runs(temporalService) {
		return nil
	}
	environ := t.environment(temporalService)
	dynamic, err := compose.Mounted(t.project.Services[temporalService], value(environ, "DYNAMIC_CONFIG_FILE_PATH"))
	if err != nil {
		return err
	}
	environ = set(environ, "DYNAMIC_CONFIG_FILE_PATH", dynamic)
	environ = set(environ, "BIND_ON_IP", loopback)
	environ = set(environ, "POSTGRES_SEEDS", loopback)
	environ = set(environ, "DB_PORT", strconv.Itoa(t.port(postgresqlService, 5432)))
	for name, port := range innerPorts {
		environ = set(environ, name, strconv.Itoa(t.port(temporalService, port)))
	}
	cmd := exec.Command(t.binary("temporal-server"), "start") //nolint:noctx // it outlives ctx, which bounds the start
	cmd.Env, cmd.Dir = environ, t.opts.Dir
	if _, err := t.start(temporalService, cmd); err != nil {
		return err
	}
	return t.await(ctx, temporalService, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.address(temporalService, 7233))
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// runSetup makes the namespace and the search attributes.
func (t *Topology) runSetup(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, t.binary("idjourney"), t.command(setupService, t.project.Services[setupService].Command)...)
	cmd.Env = t.environment(setupService)
	return t.job(setupService, cmd)
}

// startProduct starts starter and worker, and returns when the file's own health
// checks are content with both.
func (t *Topology) startProduct(ctx context.Context) error {
	for _, name := range []string{starterService, workerService} {
		if t.runs(name) {
			continue
		}
		s := t.project.Services[name]
		environ := set(t.environment(name), "IDJOURNEY_CONFIG", t.configFile)
		cmd := exec.Command(t.binary("idjourney"), t.command(name, s.Command)...) //nolint:noctx // as above
		cmd.Env, cmd.Dir = append(environ, t.secrets...), t.opts.Dir
		if _, err := t.start(name, cmd); err != nil {
			return err
		}
	}
	for _, name := range []string{starterService, workerService} {
		if err := t.healthy(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// healthy waits until a service's own health check is content.
func (t *Topology) healthy(ctx context.Context, name string) error {
	check := t.command(name, t.project.Services[name].HealthCheck.Test[2:]) // after CMD and /idjourney
	return t.await(ctx, name, func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, t.binary("idjourney"), check...).CombinedOutput()
		if err != nil {
			return errors.Join(err, errors.New(string(out)))
		}
		return nil
	})
}

// Remove deletes data and logs; the topology has to be down.
func (t *Topology) Remove() error {
	return errors.Join(os.RemoveAll(t.cluster.socket), os.RemoveAll(t.opts.Dir))
}
