package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// postgresConns bounds the connections of one process.
	postgresConns = 10
	// connectTimeout applies if the URL has no connect_timeout of its own.
	connectTimeout = 5 * time.Second
)

// lockFeed makes decisions commit in the order of their feed positions: a
// position is taken under this lock, and the lock is held until the commit is
// visible. Without it a reader of the feed could pass a position that commits
// late, and never see that decision. (The number is arbitrary and ours.)
const lockFeed = "SELECT pg_advisory_xact_lock(7061644211)"

// lockAttention makes transactions that clear attention take turns. Two that clear the
// last two items of a code at once would otherwise each see the other's item, and the
// acknowledgement would outlive what it acknowledges.
const lockAttention = "SELECT pg_advisory_xact_lock(7061644212)"

// lockJourney waits for the webhooks of a journey that are being recorded. Those that
// come while it is held wait, and see the tombstone. The recording's side of the lock
// is the trigger webhooks_of_erased.
const lockJourney = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))"

// openPostgres prepares a pool; connections are made when they are needed.
func openPostgres(url string) (*Ledger, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's words are dropped: they repeat parts of the URL.
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
		name:          "postgres",
		skipLocked:    "FOR UPDATE SKIP LOCKED",
		lockFeed:      lockFeed,
		lockAttention: lockAttention,
		lockJourney:   lockJourney,
		share:         "FOR SHARE",
		names:         "position(convert_to($2, 'UTF8') in body) > 0",
		identity:      "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		bytes:         "BYTEA",
		probe:         probePostgres,
	}}, nil
}

// probePostgres checks the settings that would break the ledger's promise: a standby or
// a read-only session takes no row, and with synchronous_commit off a crash loses rows
// that were already acknowledged.
func probePostgres(ctx context.Context, db *sql.DB) error {
	var readOnly, syncCommit string
	_, err := one(ctx, db, "SELECT current_setting('transaction_read_only'), current_setting('synchronous_commit')",
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
