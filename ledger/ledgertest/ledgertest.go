// Package ledgertest gives tests a ledger of their own: SQLite in a temporary
// folder, or PostgreSQL from Debian's binaries, with a database per test.
package ledgertest

import (
	"path/filepath"
	"testing"

	"idjourney/ledger"
)

// SQLite returns the URL of a SQLite ledger that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
}

// Open opens and migrates the ledger at url and closes it when the test ends.
func Open(t testing.TB, url string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// Each runs the same test, in parallel, on an empty database of either kind.
func Each(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for name, url := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, url(t))
		})
	}
}
