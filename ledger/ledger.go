// Package ledger is the database of record: it keeps what must outlive any workflow.
//
// Every webhook is in the ledger before it is acknowledged, every decision before it is sent.
// When a function that writes has returned nil, its row survives a kill -9 and, on a disk that
// keeps its promises, a power cut. So no webhook is lost while Temporal is down: the
// [Forwarder] retries each one.
//
// The store is a SQLite file or a PostgreSQL database; their differences are in type dialect.
// Every statement about a journey names its account and its exact id. Times are stored as
// nanoseconds since 1970 in UTC. Errors and logs of this package contain no content of any
// row.
package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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
	// write and read are one pool on PostgreSQL. SQLite's write pool is a single connection:
	// goroutines queue here, in order, instead of polling the file's lock.
	write, read *sql.DB
	dialect     dialect
}

// Open opens the ledger at url: "sqlite:path/to/file.db" (the file is created, its folder is
// not) or "postgres://user@host/database". It does not migrate. A PostgreSQL that is down is
// not an error here: [Ledger.Ping] reports it.
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
	// sqliteTries bounds the tries to migrate a SQLite file.
	sqliteTries = 5
)

// Migrate brings the schema up to date. Several processes may call it at once. A schema that
// is newer than this program is left alone.
func (l *Ledger) Migrate(ctx context.Context) error {
	provider, err := l.provider()
	if err != nil {
		return fmt.Errorf("reading the ledger's migrations: %w", err)
	}
	// goose has no lock for SQLite: the loser of a race fails as a whole ("table exists") and
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

// dialect is what differs between the two databases.
type dialect struct {
	name goose.Dialect
	// locks says that transactions need the locks below: they do not take turns by themselves.
	locks bool
	// skipLocked ends a SELECT whose rows are about to be claimed, share one whose row
	// must stay as it is until the transaction ends.
	skipLocked, share string
	// contains is the condition that a body contains the text of parameter $2.
	contains string
	// identity and bytes are column types, see folder schema.
	identity, bytes string
	// probe proves that the store can be written to, without changing a row.
	probe func(ctx context.Context, db *sql.DB) error
}

// The advisory locks of PostgreSQL; the numbers are arbitrary and ours.
const (
	// lockFeed makes decisions commit in the order of their positions. Otherwise a reader
	// of the feed could pass a position that commits late, and never see its decision.
	lockFeed = "SELECT pg_advisory_xact_lock(7061644211)"
	// lockAttention serialises the clearing of attention. Otherwise two transactions that
	// clear the last two items of a code would both leave the acknowledgement.
	lockAttention = "SELECT pg_advisory_xact_lock(7061644212)"
	// lockJourney waits for the webhooks of account $1 and journey $2 that are being recorded;
	// later ones wait for the tombstone in the trigger webhooks_of_erased.
	lockJourney = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))"
)

const (
	// postgresConns bounds the connections of one process.
	postgresConns = 10
	// connectTimeout applies if the URL has no connect_timeout of its own.
	connectTimeout = 5 * time.Second
	// sqliteReaders is how many reads may run beside the one writer.
	sqliteReaders = 4
)

// openPostgres prepares a pool; connections are made when they are needed.
func openPostgres(url string) (*Ledger, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's message is dropped, because it repeats parts of the URL.
		return nil, errors.New("the PostgreSQL URL cannot be parsed")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(postgresConns)
	db.SetMaxIdleConns(postgresConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &Ledger{write: db, read: db, dialect: dialect{
		name: goose.DialectPostgres, locks: true,
		skipLocked: "FOR UPDATE SKIP LOCKED", share: "FOR SHARE",
		contains: "position(convert_to($2, 'UTF8') in body) > 0",
		identity: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", bytes: "BYTEA", probe: probePostgres,
	}}, nil
}

// probePostgres refuses settings that break the ledger's promise: a read-only session, and
// synchronous_commit off, with which a crash loses acknowledged rows.
func probePostgres(ctx context.Context, db *sql.DB) error {
	var readOnly, syncCommit string
	err := theOne(ctx, db, "SELECT current_setting('transaction_read_only'), current_setting('synchronous_commit')",
		nil, &readOnly, &syncCommit)
	switch {
	case err != nil:
		return err
	case readOnly == "on":
		return errors.New("this PostgreSQL is read-only (a standby?): point the ledger's URL at the primary")
	case syncCommit == "off":
		return errors.New("synchronous_commit is off, so a crash could lose acknowledged webhooks: set it to on for the ledger's role or database")
	}
	return nil
}

// openSQLite opens the file with a write-ahead log, so that readers never block the writer,
// and synchronous=FULL, so that a commit is on disk before it is reported.
func openSQLite(ctx context.Context, path string) (*Ledger, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New(`"sqlite:" needs the path of a file (what is only in memory is not kept)`)
	}
	path = filepath.Clean(path) // a leading "//" would be taken for a host
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := useWAL(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("switching to the write-ahead log: %w", err), write.Close())
	}
	read, err := sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	return &Ledger{write: write, read: read, dialect: dialect{
		name: goose.DialectSQLite3, contains: "instr(body, CAST($2 AS BLOB)) > 0",
		identity: "INTEGER PRIMARY KEY AUTOINCREMENT", bytes: "BLOB", probe: probeSQLite,
	}}, nil
}

// createPrivate creates the file for its owner alone, because it holds customers'
// references. SQLite gives its side files the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s does not exist: create it, or name another file", filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteDSN names the file as a URI, so that no character of a path becomes an option.
// secure_delete leaves no erased personal data in free pages.
func sqliteDSN(path, option string) string {
	escaped := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	return "file:" + escaped + "?_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&" + option
}

// useWAL switches the file to the write-ahead log. Of two processes that switch at once,
// one gets SQLITE_BUSY whatever busy_timeout says, and finds it done on its next try.
func useWAL(ctx context.Context, db *sql.DB) error {
	for {
		var mode string
		err := theOne(ctx, db, "PRAGMA journal_mode=WAL", nil, &mode)
		var failure *sqlite.Error
		busy := errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_BUSY
		switch {
		case err == nil && mode != "wal":
			return fmt.Errorf("the file stays in journal mode %q", mode)
		case !busy:
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// probeSQLite commits a write of the header page, so that a full disk shows too.
func probeSQLite(ctx context.Context, db *sql.DB) error {
	return exec(ctx, db, "PRAGMA user_version=1")
}
