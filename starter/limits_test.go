package starter_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"idjourney/config"
	"idjourney/ledger"
	"idjourney/starter"
)

// other sends a webhook of the account tokens.
func (h *house) other(t *testing.T, body string) reply {
	t.Helper()
	return h.send(t, http.MethodPost, "/webhooks/idwise/tokens", with(nil, "Authorization", "Bearer "+token, "X-Hook-Key", headerValue), strings.NewReader(body))
}

func TestAnAccountsFloodIsSentBack(t *testing.T) {
	t.Parallel()
	const small, large = "{}", 4 << 10
	for name, c := range map[string]struct {
		intake config.Intake
		body   string
		fits   int
	}{
		"webhooks": {config.Intake{WebhooksPerSecond: 0.05}, small, 3},                                      // a minute's worth
		"bytes":    {config.Intake{BytesPerSecond: 0.1, MaxBody: 2 * large}, strings.Repeat(" ", large), 2}, // the largest body at least
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, func(cfg *starter.Config) { cfg.Intake = c.intake })
			for i := range c.fits {
				if got := h.post(t, c.body); got.status != 200 {
					t.Fatalf("webhook %d: got %d %s, want 200", i, got.status, got.body)
				}
			}
			got := h.post(t, c.body)
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
				t.Errorf("beyond the quota: got %d, Retry-After %q; want 503 and a time", got.status, got.header.Get("Retry-After"))
			}
			if got := h.other(t, small); got.status != 200 {
				t.Errorf("another account: got %d, want 200", got.status)
			}
			if counts := h.counts(t, "bank"); counts[ledger.Quarantine] != c.fits {
				t.Errorf("got %v in the ledger, want %d", counts, c.fits)
			}
			if n := h.counted(t, "idjourney.webhooks")["bank|limited|unknown"]; n != 1 {
				t.Errorf("counted %d limited webhooks, want 1", n)
			}
		})
	}
}

// Senders with a leaked secret announce the largest body and send all but its end.
func TestSlowBodiesAreBoundedInSum(t *testing.T) {
	t.Parallel()
	const senders, size, fit = 40, 1 << 20, 2 // an eighth of 16 MiB
	h := open(t, func(c *starter.Config) {
		c.Intake.BodyMemory, c.Intake.ReadTimeout = 16<<20, 2*waitForAnswer
	})
	most := bytes.Repeat([]byte(" "), size-1)
	sentBack := make(chan int, senders)
	for range senders {
		w := dial(t, h.public)
		w.head(t, password, size)
		go func() {
			_, _ = w.Write(most) // the server may end the connection meanwhile
			if resp, err := http.ReadResponse(w.answers, nil); err == nil {
				sentBack <- resp.StatusCode
			}
		}()
	}
	for range senders - fit {
		select {
		case status := <-sentBack:
			if status != http.StatusServiceUnavailable {
				t.Errorf("a body without room: got %d, want 503", status)
			}
		case <-awaitContext(t).Done():
			t.Fatalf("more than %d bodies of 1 MiB are in memory", fit)
		}
	}
	for name, got := range map[string]reply{"its own": h.post(t, finishedJourney("e1", "j1")), "another": h.other(t, finishedJourney("e1", "j1"))} {
		if got.status != 200 {
			t.Errorf("a webhook of %s account meanwhile: got %d %s, want 200", name, got.status, got.body)
		}
	}
}

func TestTheSendersTracestateIsNotKept(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	h := open(t, func(c *starter.Config) {
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	const outer = "0af7651916cd43dd8448eb211c80319c"
	header := with(basicAuth(user, password), "Traceparent", "00-"+outer+"-b7ad6b7169203331-01", "Tracestate", "vendor=jane")
	if got := h.send(t, http.MethodPost, "/webhooks/idwise/bank", header, strings.NewReader(finishedJourney("e1", "j1"))); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	for _, span := range spans.Ended() {
		if sc := span.SpanContext(); sc.TraceID().String() != outer || sc.TraceState().Len() != 0 {
			t.Errorf("span %s has trace %s and tracestate %q, want the sender's trace without its state", span.Name(), sc.TraceID(), sc.TraceState())
		}
	}
}
