// Package ledger is the database of record: it keeps what must outlive any workflow.
//
// Every webhook is in the ledger before it is acknowledged, every decision before it is
// sent. When a function that writes has returned nil, its row survives a kill -9 of the
// process and, on a disk that keeps its promises, a power cut. So Temporal may be down
// for an hour and no webhook is lost: the [Forwarder] retries each one until the workflow
// has taken it.
//
// The store is a SQLite file or a PostgreSQL database, chosen by the URL. The same
// statements serve both; the differences are in dialects.go. Every statement that reads or
// changes what is kept of a journey names its account and its exact id. Times are stored
// as nanoseconds since 1970 in UTC, which both keep exactly.
//
// Errors and logs of this package contain no content of any row.
package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

var (
	// ErrNotFound says that the ledger has no such row.
	ErrNotFound = errors.New("the ledger has no such entry")
	// ErrConflict says that another decision already has this number. Decisions are never
	// changed: two different ones with one number are a defect for a person to examine.
	ErrConflict = errors.New("a different decision with this sequence is already recorded")
	// ErrErased says that the journey was erased, so that nothing more is recorded of it.
	ErrErased = errors.New("the journey was erased")
	// ErrRegistered says that the journey is registered with another reference.
	ErrRegistered = errors.New("the journey is registered with another reference")
)

// Ledger is an open store. It is safe for concurrent use.
type Ledger struct {
	// write and read are one pool on PostgreSQL. SQLite has one writer at a time, so its
	// write pool is a single connection: goroutines queue here, in order and with their
	// contexts, instead of polling the file's lock.
	write, read *sql.DB
	dialect     dialect
}

// Open opens the ledger at url: "sqlite:path/to/file.db" (the file is created,
// its folder is not) or "postgres://user@host/database". It does not migrate,
// and a PostgreSQL that is down is not an error here: the endpoint starts before its
// database does, and [Ledger.Ping] reports it.
func Open(ctx context.Context, url string) (l *Ledger, err error) {
	defer wrap(&err, "opening ledger")
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(url)
	default:
		return nil, errors.New(`the ledger's URL must start with "sqlite:" or "postgres://"`)
	}
}

// Ping reports whether the ledger can take a webhook now: it is reachable, writable and
// durable, and its schema is not older than this program.
func (l *Ledger) Ping(ctx context.Context) (err error) {
	defer wrap(&err, "checking ledger")
	var got int64
	err = theOne(ctx, l.read, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable+" WHERE is_applied", nil, &got)
	if err != nil {
		return errors.Join(errors.New("the ledger's schema version cannot be read (not migrated yet?)"), err)
	}
	if got < schemaVersion {
		return fmt.Errorf("the ledger's schema has version %d and this program needs %d: migrate it", got, schemaVersion)
	}
	return l.dialect.probe(ctx, l.write)
}

// Close closes the store. Calls in progress end first.
func (l *Ledger) Close() (err error) {
	defer wrap(&err, "closing ledger")
	return errors.Join(l.write.Close(), l.read.Close())
}

// schema holds one file per version for both databases and one for each of them.
//
//go:embed schema
var schema embed.FS

const (
	// schemaVersion is the version that this program needs.
	schemaVersion = 1
	// versionTable has our name, because another program may use goose in the same database.
	versionTable = "idjourney_schema_version"
	// migrationLock is the key of PostgreSQL's advisory lock; the number is arbitrary.
	migrationLock = 7061644210
	// sqliteTries is how often a migration of a SQLite file is tried if another process
	// interferes.
	sqliteTries = 5
)

// Migrate brings the schema up to date. Several processes may call it at once. A schema
// that is newer than this program is left alone, so that versions can be rolled out one
// by one.
func (l *Ledger) Migrate(ctx context.Context) error {
	provider, err := l.provider()
	if err != nil {
		return fmt.Errorf("reading the ledger's migrations: %w", err)
	}
	// goose has no lock for SQLite. There each migration is one transaction that begins
	// with the write lock, so the loser of a race fails as a whole ("table exists") and
	// finds the work done on its next try.
	_, err = provider.Up(ctx)
	for try := 1; err != nil && ctx.Err() == nil && !l.dialect.locks && try < sqliteTries; try++ {
		_, err = provider.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrating ledger: %w", err)
	}
	return nil
}

func (l *Ledger) provider() (*goose.Provider, error) {
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(versionTable),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
	}
	for version := range int64(schemaVersion) {
		up := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error { return l.raiseTo(ctx, tx, version+1) }}
		options = append(options, goose.WithGoMigrations(goose.NewGoMigration(version+1, up, nil)))
	}
	if l.dialect.locks {
		// The lock is tried every second, for five minutes.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock), lock.WithLockTimeout(1, 300))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(l.dialect.name, l.write, nil, options...)
}

// raiseTo runs the statements of one version.
func (l *Ledger) raiseTo(ctx context.Context, tx *sql.Tx, version int64) error {
	for _, file := range []string{fmt.Sprintf("schema/%04d.sql", version), fmt.Sprintf("schema/%04d_%s.sql", version, l.dialect.name)} {
		text, err := schema.ReadFile(file)
		if err != nil {
			return err
		}
		statements := strings.NewReplacer("{{identity}}", l.dialect.identity, "{{bytes}}", l.dialect.bytes).Replace(string(text))
		if err := exec(ctx, tx, statements); err != nil {
			return fmt.Errorf("running %s: %w", file, err)
		}
	}
	return nil
}
