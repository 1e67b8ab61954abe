package ledgertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// startTimeout bounds initdb and the server's start on a busy machine.
const startTimeout = 2 * time.Minute

// Postgres returns the URL of an empty PostgreSQL database, which is dropped when
// the test ends. The first call in a test binary starts a server (newest of
// /usr/lib/postgresql, as user postgres if the test runs as root), which stops when the
// binary ends, even if it is killed.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := "test" + strconv.FormatInt(s.databases.Add(1), 10)
	if _, err := s.admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("creating a database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := s.admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping a database: %v", err)
		}
	})
	return s.url(name)
}

// shared is the one server of this test binary.
var shared = sync.OnceValues(start)

// server is a running PostgreSQL.
type server struct {
	folder    string // data and socket
	admin     *sql.DB
	databases atomic.Int64
	// leash keeps the server alive: it is the write end of a pipe, which the
	// operating system closes when this process ends, even by kill -9.
	leash io.WriteCloser
}

// keeper runs the server until its standard input ends, then removes its folder.
const keeper = `"$1"/postgres -D "$2"/data -k "$2" -c listen_addresses= -c fsync=off -c max_connections=200 >"$2"/log 2>&1 </dev/null &
cat >/dev/null
kill -QUIT $!
wait
rm -rf "$2"`

func start() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	owner, err := serverUser()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pg-") // short: a socket's path has at most 107 bytes
	if err != nil {
		return nil, err
	}
	if err := owner.own(folder); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(folder, "data"),
		"-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initdb.Dir = folder
	owner.run(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("running initdb: %w: %s", err, out), os.RemoveAll(folder))
	}
	s := &server{folder: folder}
	keep := exec.Command("/bin/sh", "-c", keeper, "sh", bin, folder) //nolint:noctx // it ends with this process, by its closed pipe
	keep.Dir = folder
	owner.run(keep)
	if s.leash, err = keep.StdinPipe(); err != nil {
		return nil, err
	}
	if err := keep.Start(); err != nil {
		return nil, fmt.Errorf("starting postgres: %w", err)
	}
	return s, s.await(ctx)
}

// await opens the administrator's connection as soon as the server takes it.
func (s *server) await(ctx context.Context) error {
	var err error
	if s.admin, err = sql.Open("pgx", s.url("postgres")); err != nil {
		return err
	}
	for {
		if err = s.admin.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("waiting for postgres: %w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) url(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(s.folder)
}

// binaries finds the folder of the newest installed server.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("the ledger's tests need PostgreSQL's server: install Debian's package postgresql (apt-get install postgresql)")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

func version(binary string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(binary))))
	if err != nil {
		return 0 // a folder that is not named after a version is the last choice
	}
	return n
}
