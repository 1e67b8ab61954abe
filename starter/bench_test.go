package starter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/starter"
)

// BenchmarkAcknowledge measures what IDWise waits for: from the request to the
// 200, over real HTTP on loopback, with the webhook durable in a SQLite ledger
// (synchronous=FULL) in between. It reports the median and the 99th percentile.
func BenchmarkAcknowledge(b *testing.B) {
	ctx := context.Background()
	store, err := ledger.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "ledger.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	if err := store.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	s, err := starter.New(starter.Config{Accounts: accounts(), Ledger: store, Forwarder: nowhere{}, Signaler: nowhere{}})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s.Public())
	b.Cleanup(server.Close)
	var took []time.Duration
	for b.Loop() {
		body := fmt.Sprintf(`{"event":"Finished Journey","body":{"eventId":"e-%d","journeyId":"j-%d","systemDecision":"Complete"}}`, len(took), len(took))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/webhooks/idwise/bank", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.SetBasicAuth(user, password)
		start := time.Now()
		resp, err := server.Client().Do(req)
		took = append(took, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("answered %d", resp.StatusCode)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

// nowhere neither forwards nor signals: both happen after the answer.
type nowhere struct{}

func (nowhere) Run(ctx context.Context) error                        { <-ctx.Done(); return nil }
func (nowhere) Wake()                                                {}
func (nowhere) SignalWithStart(context.Context, journey.Event) error { return nil }
func (nowhere) Ready(context.Context) error                          { return nil }
