package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"idjourney/dev/compose"
)

// cluster is PostgreSQL on this machine.
type cluster struct {
	bin    string // its binaries
	data   string // the data folder
	socket string // short: a socket's path has at most 107 bytes
	owner  *syscall.Credential
}

func newCluster(dir string) (cluster, error) {
	c := cluster{data: filepath.Join(dir, "postgresql")}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return c, err
	}
	if len(found) == 0 {
		return c, errors.New("PostgreSQL's server is not installed: on Debian, apt-get install postgresql")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return release(a) - release(b) })
	c.bin = filepath.Dir(newest)
	if c.owner, err = owner(); err != nil {
		return c, err
	}
	c.socket, err = os.MkdirTemp("", "pg-")
	if err != nil {
		return c, err
	}
	return c, c.own(c.socket)
}

func release(binary string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(binary)))) // one without a version comes last
	return n
}

// owner is nil unless this process is root's, which PostgreSQL refuses.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func (c cluster) own(path string) error {
	if c.owner == nil {
		return nil
	}
	return os.Chown(path, int(c.owner.Uid), int(c.owner.Gid))
}

// command runs one of PostgreSQL's programs as its user.
func (c cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.Env = c.socket, []string{"PATH=" + c.bin + ":/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	return cmd
}

// startPostgreSQL does what PostgreSQL's image does: a new data folder is set up
// with the file's arguments, and the mounted script creates roles and databases.
func (t *Topology) startPostgreSQL(ctx context.Context) error {
	if t.runs(postgresqlService) {
		return nil
	}
	_, err := os.Stat(t.cluster.data)
	fresh := errors.Is(err, os.ErrNotExist)
	if fresh {
		if err := t.initialise(ctx); err != nil {
			return err
		}
	}
	s := t.project.Services[postgresqlService]
	port := strconv.Itoa(t.port(postgresqlService, 5432))
	args := []string{"-D", t.cluster.data, "-k", t.cluster.socket, "-c", "listen_addresses=" + loopback, "-c", "port=" + port}
	cmd := t.cluster.command(context.WithoutCancel(ctx), s.Command[0], append(args, s.Command[1:]...)...)
	p, err := t.start(postgresqlService, cmd)
	if err != nil {
		return err
	}
	p.signal = syscall.SIGINT // the image's STOPSIGNAL: end now, but cleanly
	if fresh {
		if err := t.await(ctx, postgresqlService, func(ctx context.Context) error {
			return t.cluster.command(ctx, "pg_isready", "--host="+t.cluster.socket, "--port="+port).Run()
		}); err != nil {
			return err
		}
		if err := t.makeRoles(ctx, port); err != nil {
			return err
		}
	}
	check := s.HealthCheck.Test[1:] // after CMD
	return t.await(ctx, postgresqlService, func(ctx context.Context) error {
		cmd := t.cluster.command(ctx, check[0], check[1:]...)
		cmd.Env = append(cmd.Env, "PGPORT="+port)
		return cmd.Run()
	})
}

func (t *Topology) initialise(ctx context.Context) error {
	environ := t.environment(postgresqlService)
	secret := filepath.Join(t.cluster.socket, "password")
	if err := os.WriteFile(secret, []byte(value(environ, "POSTGRES_PASSWORD")), 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(secret) }()
	if err := os.Mkdir(t.cluster.data, 0o700); err != nil {
		return err
	}
	if err := errors.Join(t.cluster.own(secret), t.cluster.own(t.cluster.data)); err != nil {
		return err
	}
	args := append([]string{"-D", t.cluster.data, "--username=" + value(environ, "POSTGRES_USER"), "--pwfile=" + secret,
		"--auth-local=trust", "--encoding=UTF8"}, strings.Fields(value(environ, "POSTGRES_INITDB_ARGS"))...)
	return t.job("initdb", t.cluster.command(ctx, "initdb", args...))
}

func (t *Topology) makeRoles(ctx context.Context, port string) error {
	script, err := compose.Mounted(t.project.Services[postgresqlService], "/docker-entrypoint-initdb.d/roles.sh")
	if err != nil {
		return err
	}
	text, err := os.Open(script) // PostgreSQL's user may not be able to reach the repository
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }()
	cmd := t.cluster.command(ctx, "psql")
	cmd.Path, cmd.Args, cmd.Stdin = "/bin/sh", []string{"sh", "-s"}, text
	cmd.Env = append(append(cmd.Env, t.environment(postgresqlService)...), "PGHOST="+t.cluster.socket, "PGPORT="+port)
	return t.job("roles", cmd)
}
