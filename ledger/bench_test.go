package ledger_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// BenchmarkRecordWebhook measures durable inserts, one by one and from many
// goroutines. Compare only runs on the same disk: what it waits for is fsync.
// (The tests' PostgreSQL runs without fsync and would measure nothing.)
func BenchmarkRecordWebhook(b *testing.B) {
	var n atomic.Int64
	record := func(b *testing.B, l *ledger.Ledger) {
		if _, _, err := l.RecordWebhook(b.Context(), webhook(strconv.FormatInt(n.Add(1), 10))); err != nil {
			b.Error(err)
		}
	}
	b.Run("sqlite/one", func(b *testing.B) {
		l := ledgertest.Open(b, ledgertest.SQLite(b))
		for b.Loop() {
			record(b, l)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("sqlite/many", func(b *testing.B) {
		l := ledgertest.Open(b, ledgertest.SQLite(b))
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				record(b, l)
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
