package ledgertest_test

import (
	"testing"

	"idjourney/ledger/ledgertest"
)

func TestEachGivesAWorkingLedger(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		if err := ledgertest.Open(t, url).Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	if a, b := ledgertest.Postgres(t), ledgertest.Postgres(t); a == b {
		t.Errorf("two calls gave the same database %s", a)
	}
}
