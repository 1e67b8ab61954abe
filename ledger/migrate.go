package ledger

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// sqliteTries is how often a migration of a SQLite file is started anew after
// another process got in between.
const sqliteTries = 5

// Migrate brings the schema up to date. Several processes may call it at once:
// on PostgreSQL they take turns by a session lock. A schema that is newer than
// this program is left alone, so that versions can be rolled out one by one.
func (l *Ledger) Migrate(ctx context.Context) error {
	provider, err := l.provider()
	if err != nil {
		return fmt.Errorf("reading the ledger's migrations: %w", err)
	}
	// goose knows no lock for SQLite. There each migration is one transaction that
	// begins with the write lock, so the loser of a race fails as a whole ("table
	// exists") and on its next look finds the work done.
	tries := 1
	if l.dialect.name == "sqlite" {
		tries = sqliteTries
	}
	for range tries {
		if _, err = provider.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrating ledger: %w", err)
	}
	return nil
}

func (l *Ledger) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+l.dialect.name)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(slog.New(slog.DiscardHandler)),
	}
	if l.dialect.name == "sqlite" {
		return goose.NewProvider(goose.DialectSQLite3, l.write, files, options...)
	}
	// Looking for the lock every second, for five minutes.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, l.write, files, append(options, goose.WithSessionLocker(locker))...)
}

// checkSchema fails while the schema is older than this program.
func (l *Ledger) checkSchema(ctx context.Context) error {
	provider, err := l.provider()
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	want := sources[len(sources)-1].Version
	var got int64
	if _, err := one(ctx, l.read, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied", nil, &got); err != nil {
		return errors.Join(errors.New("the ledger's schema version cannot be read (not migrated yet?)"), err)
	}
	if got < want {
		return fmt.Errorf("the ledger's schema has version %d and this program needs %d: migrate it", got, want)
	}
	return nil
}
