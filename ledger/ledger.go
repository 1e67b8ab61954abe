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
	"errors"
	"strings"
)

// ErrNotFound says that the ledger has no such row.
var ErrNotFound = errors.New("the ledger has no such entry")

// ErrConflict says that another decision already has this number. Decisions are never
// changed: two different ones with one number are a defect for a person to examine.
var ErrConflict = errors.New("a different decision with this sequence is already recorded")

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
	if err = l.checkSchema(ctx); err != nil {
		return err
	}
	return l.dialect.probe(ctx, l.write)
}

// Close closes the store. Calls in progress end first.
func (l *Ledger) Close() (err error) {
	defer wrap(&err, "closing ledger")
	err = l.write.Close()
	if l.read != l.write {
		err = errors.Join(err, l.read.Close())
	}
	return err
}
