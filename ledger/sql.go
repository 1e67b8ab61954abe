package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// querier is a *sql.DB or a *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// each runs a query and calls scan for every row. It reads to the end, because a statement
// with RETURNING commits with its last row: sql.Row may miss a failed commit.
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

// list returns the rows of a query; columns says where the columns of a row go.
func list[T any](ctx context.Context, q querier, query string, args []any, columns func(*T) []any) (all []T, err error) {
	err = each(ctx, q, query, args, func(rows *sql.Rows) error {
		var item T
		err := rows.Scan(columns(&item)...)
		all = append(all, item)
		return err
	})
	return all, err
}

// itself is the columns of a list of single values.
func itself[T any](value *T) []any { return []any{value} }

// one reads a query of at most one row; found is false if there is none.
func one(ctx context.Context, q querier, query string, args []any, into ...any) (found bool, err error) {
	err = each(ctx, q, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	return found, err
}

// theOne is like one, but fails with ErrNotFound if there is no row.
func theOne(ctx context.Context, q querier, query string, args []any, into ...any) error {
	found, err := one(ctx, q, query, args, into...)
	if err == nil && !found {
		err = ErrNotFound
	}
	return err
}

// exec runs a statement without rows.
func exec(ctx context.Context, q querier, statement string, args ...any) error {
	_, err := changes(ctx, q, statement, args...)
	return err
}

// changes runs a statement without rows and returns how many rows it changed.
func changes(ctx context.Context, q querier, statement string, args ...any) (rows int64, err error) {
	result, err := q.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// transaction is one transaction in progress. After a failure its methods do nothing and
// return zero values, so that inTx checks err once.
type transaction struct {
	ctx     context.Context
	tx      *sql.Tx
	dialect dialect
	err     error
}

// inTx runs do in one transaction, which is rolled back if do leaves an error.
func (l *Ledger) inTx(ctx context.Context, do func(*transaction)) error {
	tx, err := l.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // without effect after a commit
	t := &transaction{ctx: ctx, tx: tx, dialect: l.dialect}
	if do(t); t.err != nil {
		return t.err
	}
	return tx.Commit()
}

// exec runs a statement without rows and reports whether it changed one.
func (t *transaction) exec(statement string, args ...any) (changed bool) {
	var rows int64
	if t.err == nil {
		rows, t.err = changes(t.ctx, t.tx, statement, args...)
	}
	return rows > 0
}

// one reads a query of at most one row and reports whether there is one.
func (t *transaction) one(query string, args []any, into ...any) (found bool) {
	if t.err == nil {
		found, t.err = one(t.ctx, t.tx, query, args, into...)
	}
	return found
}

func (t *transaction) each(query string, args []any, scan func(*sql.Rows) error) {
	if t.err == nil {
		t.err = each(t.ctx, t.tx, query, args, scan)
	}
}

// listIn is list within a transaction.
func listIn[T any](t *transaction, query string, args []any, columns func(*T) []any) (all []T) {
	if t.err == nil {
		all, t.err = list(t.ctx, t.tx, query, args, columns)
	}
	return all
}

// lock takes one of the dialect's locks until the transaction ends, where it needs them.
func (t *transaction) lock(statement string, args ...any) {
	if t.dialect.locks {
		t.exec(statement, args...)
	}
}

// in is the list of an IN for values, whose parameters follow args.
func in[T any](values []T, args []any) (list string, all []any) {
	places := make([]string, 0, len(values))
	for _, v := range values {
		args = append(args, v)
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	return "(" + strings.Join(places, ", ") + ")", args
}

// inAccounts completes a query that has a place for the list of accounts.
func inAccounts(query string, accounts []string, args ...any) (string, []any) {
	places, args := in(accounts, args)
	return fmt.Sprintf(query, places), args
}

// wrap adds to an error what was being done.
func wrap(err *error, doing string) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", doing, *err)
	}
}

// nanos keeps the zero time as 0.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// instant reads nanos back; NULL is the zero time as well.
type instant time.Time

// Scan implements sql.Scanner.
func (i *instant) Scan(value any) error {
	n, ok := value.(int64)
	switch {
	case !ok && value != nil:
		return fmt.Errorf("a time is stored as %T", value)
	case n == 0:
		*i = instant{}
	default:
		*i = instant(time.Unix(0, n).UTC())
	}
	return nil
}

// document is a text column of JSON. Reading an empty one changes nothing.
type document struct{ of any }

// Value implements driver.Valuer.
func (d document) Value() (driver.Value, error) {
	data, err := json.Marshal(d.of)
	return string(data), err
}

// Scan implements sql.Scanner.
func (d document) Scan(value any) error {
	data, ok := value.(string)
	switch {
	case !ok:
		return fmt.Errorf("a document is stored as %T", value)
	case data == "":
		return nil
	default:
		return json.Unmarshal([]byte(data), d.of)
	}
}

// text makes s storable: PostgreSQL refuses NUL and invalid UTF-8, and a webhook that
// contains them must be kept like any other.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// hexHash is the SHA-256 of data in hex.
func hexHash(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
