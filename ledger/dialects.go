package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is what differs between the two databases.
type dialect struct {
	name goose.Dialect
	// locks says that transactions do not take turns by themselves, so that they need
	// the locks below.
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
	// lockAttention serialises the clearing of attention. Two transactions that clear the
	// last two items of a code would otherwise each see the other's item, and the
	// acknowledgement would outlive both.
	lockAttention = "SELECT pg_advisory_xact_lock(7061644212)"
	// lockJourney waits for the webhooks of account $1 and journey $2 that are being
	// recorded, and makes later ones wait until they see the tombstone. The trigger
	// webhooks_of_erased takes the other side of the lock.
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

// probePostgres checks the settings that would break the ledger's promise: a standby or
// a read-only session takes no row, and with synchronous_commit off a crash loses rows
// that were already acknowledged.
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

// openSQLite opens the file at path with the settings that the package's promise
// rests on: write-ahead log, so that readers never block the writer, and
// synchronous=FULL, so that a commit is on disk before it is reported.
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

// sqliteDSN names the file as a URI, so that no character of a path is taken for
// an option. busy_timeout matters only between processes. secure_delete overwrites
// what is deleted, so that erased personal data is not left in free pages.
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
