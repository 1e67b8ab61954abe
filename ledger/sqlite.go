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

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteReaders is how many reads may run beside the one writer.
const sqliteReaders = 4

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
		name: "sqlite", names: "instr(body, CAST($2 AS BLOB)) > 0",
		identity: "INTEGER PRIMARY KEY AUTOINCREMENT", bytes: "BLOB", probe: probeSQLite,
	}}, nil
}

// createPrivate creates the file for its owner alone, since references of
// customers are in it; SQLite gives its side files the same mode.
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

// useWAL switches the file to the write-ahead log, which then is a property of
// the file. Two processes that switch at once get SQLITE_BUSY without waiting,
// whatever busy_timeout says; the loser finds it done.
func useWAL(ctx context.Context, db *sql.DB) error {
	for {
		var mode string
		_, err := one(ctx, db, "PRAGMA journal_mode=WAL", nil, &mode)
		if err == nil && mode == "wal" {
			return nil
		}
		if err == nil {
			return fmt.Errorf("the file stays in journal mode %q", mode)
		}
		if !isBusy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// isBusy reports whether another process held the file's lock for too long.
func isBusy(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_BUSY
}

// probeSQLite commits a write of the header page, so that a full disk shows too.
func probeSQLite(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "PRAGMA user_version=1")
	return err
}
