package app_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"idjourney/app"
	"idjourney/config"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
	"idjourney/telemetry"
)

const apiToken = "a-token-of-at-least-thirty-two-characters"

// newBase is the base of one account's starter and worker, with Temporal away.
func newBase(t *testing.T) *app.Base {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	metrics, err := telemetry.Setup(t.Context(), telemetry.Config{Service: "test", Version: "v1.2.3", Logger: quiet})
	must(t, err)
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: sdklog.NewStructuredLogger(quiet)})
	must(t, err)
	b := &app.Base{
		Logger: quiet, Telemetry: metrics, Ledger: ledgertest.Open(t, ledgertest.SQLite(t)), Temporal: temporal, Namespace: "default",
		Config: &config.Config{
			Listen: config.Listen{Public: "127.0.0.1:0", Admin: "127.0.0.1:0", API: "127.0.0.1:0"},
			Intake: config.Intake{ShutdownTimeout: 10 * time.Second},
			API: config.API{Tokens: []config.Token{{
				Name: "app", Secret: config.NewSecret(apiToken), Scopes: []config.Scope{config.ScopeRead},
			}}},
			Accounts: []config.Account{{
				Name: "acme", Environment: config.Sandbox, BaseURL: "http://127.0.0.1:1",
				APIKey: config.NewSecret("key"), APISecret: config.NewSecret("secret"), Webhook: config.WebhookAuth{None: true},
			}},
		},
	}
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exchange(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+apiToken)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(text)
}

func TestAStarterServesWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	s, err := app.NewStarter(t.Context(), newBase(t), app.StarterOptions{})
	must(t, err)
	s.Start(t.Context())
	webhook := `{"event":"Finished Journey","body":{"eventId":"e","journeyId":"j","systemDecision":"Complete"}}`
	if status, body := exchange(t, "POST", "http://"+s.PublicAddr()+"/webhooks/idwise/acme", webhook); status != 200 {
		t.Errorf("the webhook: got %d %s", status, body)
	}
	if status, body := exchange(t, "GET", "http://"+s.APIAddr()+"/v1/decisions", ""); status != 200 {
		t.Errorf("the API: got %d %s", status, body)
	}
	if status, body := exchange(t, "GET", "http://"+s.PublicAddr()+"/v1/decisions", ""); status != 404 {
		t.Errorf("the API on the public listener: got %d %s, want 404", status, body)
	}
	if status, body := exchange(t, "GET", "http://"+s.AdminAddr()+"/readyz?exclude=temporal&exclude=search_attributes", ""); status != 200 || !strings.Contains(body, `"version": "`) {
		t.Errorf("readiness: got %d %s, want 200 with the version", status, body)
	}
	kept := map[string]net.Conn{
		"public": keptAlive(t, s.PublicAddr(), "POST", "/webhooks/idwise/acme", webhook),
		"admin":  keptAlive(t, s.AdminAddr(), "GET", "/healthz", ""),
		"API":    keptAlive(t, s.APIAddr(), "GET", "/v1/decisions", ""),
	}
	must(t, s.Stop())
	for name, conn := range kept {
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a connection to the %s listener after Stop: got %v, want EOF", name, err)
		}
	}
}

// keptAlive is a connection over which the listener has answered a request and waits for
// the next. Unlike the address of a closed listener, no other process can take it over.
func keptAlive(t *testing.T, address, method, path, body string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+apiToken)
	must(t, req.Write(conn))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	if _, err = io.Copy(io.Discard, answer.Body); err != nil || answer.Close {
		t.Fatalf("%s: got %v, close %v; want the connection kept alive", address, err, answer.Close)
	}
	return conn
}

func TestAWorkerWaitsForTemporal(t *testing.T) {
	t.Parallel()
	w, err := app.NewWorker(t.Context(), newBase(t), "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	w.Start(ctx)
	if status, _ := exchange(t, "GET", "http://"+w.AdminAddr()+"/readyz", ""); status != 503 {
		t.Errorf("readiness without Temporal: got %d, want 503", status)
	}
	if _, body := exchange(t, "GET", "http://"+w.AdminAddr()+"/metrics", ""); !strings.Contains(body, `idjourney_build_info{version="v1.2.3"} 1`) {
		t.Error("the metrics do not show the version")
	}
	cancel()
	must(t, w.Wait())
}

func TestATakenAddressIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	for name, take := range map[string]func(*config.Listen){
		"public": func(l *config.Listen) { l.Public = taken.Addr().String() },
		"admin":  func(l *config.Listen) { l.Admin = taken.Addr().String() },
		"API":    func(l *config.Listen) { l.API = taken.Addr().String() },
	} {
		b := newBase(t)
		take(&b.Config.Listen)
		if _, err := app.NewStarter(t.Context(), b, app.StarterOptions{}); err == nil || !strings.Contains(err.Error(), "opening the "+name+" listener") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// awaitStatus repeats a request until it is answered with the status.
func awaitStatus(t *testing.T, want int, method, url, body string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		status, text := exchange(t, method, url, body)
		if status == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s %s: got %d %s, want %d", method, url, status, text, want)
		}
	}
}

// PostgreSQL's socket appears only after the starter has started.
func TestAStarterStartsWhilePostgreSQLIsAway(t *testing.T) {
	t.Parallel()
	there, err := url.Parse(ledgertest.Postgres(t))
	must(t, err)
	folder, err := os.MkdirTemp("", "pg-") // short: a socket's path has at most 107 bytes
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(folder)) })
	b := newBase(t)
	away := *there
	away.RawQuery = url.Values{"host": {folder}}.Encode()
	must(t, b.Ledger.Close())
	b.Ledger, err = ledger.Open(t.Context(), away.String())
	must(t, err)

	s, err := app.NewStarter(t.Context(), b, app.StarterOptions{})
	must(t, err)
	s.Start(t.Context())
	t.Cleanup(func() { must(t, s.Stop()) })
	webhook := `{"event":"Finished Journey","body":{"eventId":"e","journeyId":"j","systemDecision":"Complete"}}`
	endpoint, ready := "http://"+s.PublicAddr()+"/webhooks/idwise/acme", "http://"+s.AdminAddr()+"/readyz?exclude=temporal&exclude=search_attributes"
	if status, body := exchange(t, "POST", endpoint, webhook); status != 503 {
		t.Errorf("a webhook while PostgreSQL and Temporal are away: got %d %s, want 503", status, body)
	}
	if status, body := exchange(t, "GET", ready, ""); status != 503 || !strings.Contains(body, `"ledger"`) {
		t.Errorf("readiness while PostgreSQL is away: got %d %s, want 503", status, body)
	}

	const socket = ".s.PGSQL.5432"
	must(t, os.Symlink(filepath.Join(there.Query().Get("host"), socket), filepath.Join(folder, socket)))
	awaitStatus(t, 200, "GET", ready, "")
	awaitStatus(t, 200, "POST", endpoint, webhook)
}
