package ledger_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// patience is how long a test waits for something that must happen.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		child(role, os.Getenv(childURL))
	}
	os.Exit(m.Run())
}

// eventually asks until the answer is true.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !true() {
		select {
		case <-ctx.Done():
			t.Fatalf("timed out waiting until %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestOpenRefusesInvalidURLs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, url, want string }{
		{"no scheme", "ledger.db", "must start with"},
		{"another database", "mysql://localhost/x", "must start with"},
		{"no path", "sqlite:", "needs the path"},
		{"memory", "sqlite::memory:", "needs the path"},
		{"no folder", "sqlite:" + filepath.Join(t.TempDir(), "none", "x.db"), "does not exist: create it"},
		{"bad PostgreSQL URL", "postgres://user:hunter2@host:port/db", "cannot be parsed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := ledger.Open(t.Context(), tc.url)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got error %v, want one with %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestOpenTakesAnyPathAndKeepsItPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%20e.db")
	l := ledgertest.Open(t, "sqlite:"+path)
	mustRecord(t, l, webhook("e1"))
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(file), got)
		}
	}
}

func TestPingReportsAnOldSchema(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l, err := ledger.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "schema") {
			t.Errorf("before Migrate: got %v, want an error about the schema", err)
		}
		if err := l.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.Ping(t.Context()); err != nil {
			t.Errorf("after Migrate: %v", err)
		}
		if err := l.Migrate(t.Context()); err != nil {
			t.Errorf("migrating again: %v", err)
		}
	})
}

func TestPingRefusesLossySettings(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"synchronous_commit=off":           "synchronous_commit is off",
		"default_transaction_read_only=on": "read-only",
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			url := ledgertest.Postgres(t)
			ledgertest.Open(t, url)
			l, err := ledger.Open(t.Context(), url+"&"+setting)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := l.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		})
	}
}

func TestOpenDoesNotNeedPostgresUp(t *testing.T) {
	t.Parallel()
	l, err := ledger.Open(t.Context(), "postgres://nobody:hunter2@/none?host="+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, _, err = l.RecordWebhook(t.Context(), webhook("e1"))
	if err == nil {
		t.Fatal("recording without a database gave no error")
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestSeveralMigrateAtOnce(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		var together sync.WaitGroup
		for range 4 {
			together.Go(func() {
				l, err := ledger.Open(t.Context(), url)
				if err != nil {
					t.Error(err)
					return
				}
				defer l.Close()
				if err := l.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
				if err := l.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
	})
}
