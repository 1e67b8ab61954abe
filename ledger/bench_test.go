package ledger_test

import (
	"context"
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

// BenchmarkForward measures the forwarder alone: claims, marks, and a forward that costs
// nothing.
func BenchmarkForward(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": ledgertest.SQLite, "postgres": ledgertest.Postgres} {
		b.Run(name, func(b *testing.B) {
			l := ledgertest.Open(b, url(b))
			for n := range b.N {
				mustRecord(b, l, webhook(strconv.Itoa(n)))
			}
			ctx, stop := context.WithCancel(b.Context())
			var forwarded atomic.Int64
			f := ledger.NewForwarder(l, func(context.Context, ledger.Webhook) error {
				if forwarded.Add(1) == int64(b.N) {
					stop()
				}
				return nil
			}, ledger.ForwarderOptions{})
			b.ResetTimer()
			if err := f.Run(ctx); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
		})
	}
}
