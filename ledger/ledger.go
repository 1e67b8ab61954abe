// Package ledger is idjourney's memory: what must outlive any workflow.
//
// Temporal drives, the ledger remembers. Every webhook is in the ledger before
// it is acknowledged, every decision before it is sent. When a function that
// writes has returned nil, its row survives a kill -9 of the process and, on a
// disk that keeps its promises, a power cut. So Temporal may be away for an
// hour and no webhook is lost: the [Forwarder] brings each one to the workflow,
// again and again until it is taken.
//
// The store is a SQLite file or a PostgreSQL database, chosen by the URL. One
// text per statement serves both; what differs is in sqlite.go and postgres.go.
// Times are stored as nanoseconds since 1970 in UTC, which both keep exactly.
//
// Errors and logs of this package carry no content of any row.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNotFound says that the ledger has no such row.
var ErrNotFound = errors.New("the ledger has no such entry")

// ErrConflict says that another decision already has this number. Decisions are
// never changed: two different ones with one number are a defect that a person
// has to look at.
var ErrConflict = errors.New("a different decision with this sequence is already recorded")

// Ledger is an open store. It is safe for concurrent use.
type Ledger struct {
	// write and read are one pool on PostgreSQL. SQLite has one writer at a time,
	// so its write pool is a single connection: goroutines then queue here, in
	// order and with their contexts, instead of polling the file's lock.
	write, read *sql.DB
	dialect     dialect
}

// dialect is what differs between the two databases.
type dialect struct {
	name string
	// skipLocked ends a SELECT whose rows are about to be claimed.
	skipLocked string
	// lockFeed, where not empty, lets one transaction at a time number decisions.
	lockFeed string
	// lockAttention, where not empty, does the same for the end of what needs a person.
	lockAttention string
	// lockJourney, where not empty, keeps the webhooks of account $1 and journey $2
	// from being recorded until the transaction ends.
	lockJourney string
	// share ends a SELECT whose row is to stay as it is until the transaction ends.
	share string
	// names says that a body, a column of bytes, contains the text of parameter $2.
	names string
	// identity and bytes are column types, see folder schema.
	identity, bytes string
	// probe proves that the store can be written to, without changing a row.
	probe func(ctx context.Context, db *sql.DB) error
}

// Open opens the ledger at url: "sqlite:path/to/file.db" (the file is created,
// its folder is not) or "postgres://user@host/database". It does not migrate,
// and a PostgreSQL that is down is no error here: the endpoint starts before its
// database does, and [Ledger.Ping] tells.
func Open(ctx context.Context, url string) (*Ledger, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	var l *Ledger
	var err error
	switch scheme {
	case "sqlite":
		l, err = openSQLite(ctx, rest)
	case "postgres", "postgresql":
		l, err = openPostgres(url)
	default:
		err = errors.New(`the ledger's URL must start with "sqlite:" or "postgres://"`)
	}
	if err != nil {
		return nil, fmt.Errorf("opening ledger: %w", err)
	}
	return l, nil
}

// Ping reports whether the ledger can take a webhook now: it is reachable,
// writable, durable, and its schema is not older than this program.
func (l *Ledger) Ping(ctx context.Context) error {
	if err := l.checkSchema(ctx); err != nil {
		return fmt.Errorf("checking ledger: %w", err)
	}
	if err := l.dialect.probe(ctx, l.write); err != nil {
		return fmt.Errorf("checking ledger: %w", err)
	}
	return nil
}

// Close closes the store. Calls in progress end first.
func (l *Ledger) Close() error {
	err := l.write.Close()
	if l.read != l.write {
		err = errors.Join(err, l.read.Close())
	}
	if err != nil {
		return fmt.Errorf("closing ledger: %w", err)
	}
	return nil
}

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each runs a query and calls scan for every row. It always reads to the end:
// a statement with RETURNING commits only when its last row has been read, and
// only there does a failed commit show. (sql.Row closes after the first row and
// may miss that, which would acknowledge a webhook that is not kept.)
func each(ctx context.Context, q querier, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

// one is each for a query of at most one row; found is false if there is none.
func one(ctx context.Context, q querier, query string, args []any, into ...any) (found bool, err error) {
	err = each(ctx, q, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	return found, err
}

// inTx runs do in one transaction; it is rolled back if do fails.
func (l *Ledger) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := l.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// takeLock takes a dialect's lock until the transaction ends, where one is needed.
func takeLock(ctx context.Context, tx *sql.Tx, statement string, args ...any) error {
	if statement == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, statement, args...)
	return err
}

// in is the list of an IN for values, whose parameters go on from args.
func in[T any](values []T, args []any) (list string, all []any) {
	places := make([]string, 0, len(values))
	for _, v := range values {
		args = append(args, v)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	return "(" + strings.Join(places, ", ") + ")", args
}

// ignoreDone drops the error of rolling back what a cancelled context has
// already rolled back.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// wrap says in an error what was being done.
func wrap(err *error, doing string) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", doing, *err)
	}
}

// nanos and fromNanos keep the zero time as 0.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// instant scans a column of nanoseconds into a time; 0 and NULL are the zero time.
type instant time.Time

// Scan implements sql.Scanner.
func (i *instant) Scan(value any) error {
	n, ok := value.(int64)
	if !ok && value != nil {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*i = instant(fromNanos(n))
	return nil
}

// text makes s storable everywhere: PostgreSQL refuses NUL and invalid UTF-8,
// and a webhook that contains them must be kept like any other.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
