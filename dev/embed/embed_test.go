package embed_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	"idjourney/dev/embed"
)

const queue = "embed-test"

// collect waits for as many signals as it is told and answers their texts.
func collect(ctx workflow.Context, n int) ([]string, error) {
	var got []string
	for len(got) < n {
		var s string
		workflow.GetSignalChannel(ctx, "text").Receive(ctx, &s)
		got = append(got, s)
	}
	return got, nil
}

// Not parallel: it measures.
func TestStartsQuicklyWithSearchAttributes(t *testing.T) {
	ctx, out := testContext(t), &lockedBuffer{}
	began := time.Now()
	s := start(t, embed.Options{Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(out, nil))})
	took := time.Since(began)
	t.Logf("started in %s", took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Errorf("start took %s, want less than 2s", took)
	}

	got, err := dial(t, s).OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(embed.SearchAttributes(), got.GetCustomAttributes()); diff != "" {
		t.Errorf("search attributes (-want +got):\n%s", diff)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if out.String() != "" {
		t.Errorf("the server logged errors:\n%s", out.String())
	}
}

// TestWorkflowSurvives stops the server in the middle of a workflow, in the two
// ways there are, while a worker keeps polling.
func TestWorkflowSurvives(t *testing.T) {
	t.Parallel()
	tests := map[string]func(context.Context, *testing.T, *embed.Server) *embed.Server{
		"pause and resume": func(ctx context.Context, t *testing.T, s *embed.Server) *embed.Server {
			conn, err := grpc.NewClient(s.HostPort(), grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			conn.Connect()
			for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
				if !conn.WaitForStateChange(ctx, state) {
					t.Fatalf("the connection is %s, want it ready", state)
				}
			}
			if err := s.Pause(); err != nil {
				t.Fatal(err)
			}
			if !conn.WaitForStateChange(ctx, connectivity.Ready) {
				t.Error("the paused server keeps connections open")
			}
			if got, want := status(t, s.UIURL()), http.StatusOK; got != want {
				t.Errorf("Web UI while paused: got status %d, want %d", got, want)
			}
			if err := s.Resume(ctx); err != nil {
				t.Fatal(err)
			}
			return s
		},
		"stop and start again": func(ctx context.Context, t *testing.T, s *embed.Server) *embed.Server {
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			if err := s.Resume(ctx); !errors.Is(err, embed.ErrStopped) {
				t.Errorf("Resume after Stop: got %v, want %v", err, embed.ErrStopped)
			}
			return start(t, s.Options())
		},
	}
	for name, interrupt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			s := start(t, embed.Options{Dir: t.TempDir()})
			c := dial(t, s)
			w := worker.New(c, queue, worker.Options{})
			w.RegisterWorkflow(collect)
			if err := w.Start(); err != nil {
				t.Fatal(err)
			}
			defer w.Stop()

			run, err := c.SignalWithStartWorkflow(ctx, "journey/demo/1", "text", "before",
				client.StartWorkflowOptions{TaskQueue: queue}, collect, 2)
			if err != nil {
				t.Fatal(err)
			}
			again := interrupt(ctx, t, s)
			if got, want := again.HostPort(), s.HostPort(); got != want {
				t.Errorf("address after the restart: got %s, want %s", got, want)
			}
			if err := c.SignalWorkflow(ctx, run.GetID(), run.GetRunID(), "text", "after"); err != nil {
				t.Fatal(err)
			}
			var got []string
			if err := run.Get(ctx, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"before", "after"}, got); diff != "" {
				t.Errorf("signals (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAddsMissingSearchAttributes(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	s := start(t, embed.Options{Dir: t.TempDir(), UIPort: embed.NoUI,
		SearchAttributes: map[string]enumspb.IndexedValueType{"JourneyPhase": enumspb.INDEXED_VALUE_TYPE_KEYWORD}})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	opts := s.Options()
	opts.SearchAttributes = nil
	opts.FrontendPort = 0 // a database is not bound to the port it was made with
	s = start(t, opts)

	c := dial(t, s)
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "w", TaskQueue: queue, TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("JourneyAccount").ValueSet("demo"),
			temporal.NewSearchAttributeKeyKeyword("JourneyPhase").ValueSet("settled")),
	}, "collect", 1); err != nil {
		t.Fatalf("starting a workflow with search attributes: %v", err)
	}
	opts = s.Options()
	opts.SearchAttributes = map[string]enumspb.IndexedValueType{"JourneyPhase": enumspb.INDEXED_VALUE_TYPE_INT}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := embed.Start(ctx, opts); err == nil || !strings.Contains(err.Error(), "JourneyPhase") {
		t.Errorf("start with another type: got error %v, want one that names JourneyPhase", err)
	}
}

func TestWebUI(t *testing.T) {
	t.Parallel()
	s := start(t, embed.Options{Dir: t.TempDir()})
	link := s.WorkflowURL("journey/demo/abc", "")
	if want := "/namespaces/default/workflows/journey%2Fdemo%2Fabc"; link != s.UIURL()+want {
		t.Errorf("link: got %s, want it to end in %s", link, want)
	}
	for _, address := range []string{s.UIURL(), link, s.UIURL() + "/api/v1/namespaces/default"} {
		if got, want := status(t, address), http.StatusOK; got != want {
			t.Errorf("GET %s: got status %d, want %d", address, got, want)
		}
	}
}

func TestWorkflowURL(t *testing.T) {
	t.Parallel()
	got := embed.WorkflowURL("http://ui", "default", "journey/live-eu/a_b.c", "run-1")
	if want := "http://ui/namespaces/default/workflows/journey%2Flive-eu%2Fa_b.c/run-1/history"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().(*net.TCPAddr).Port
	tests := map[string]struct {
		opts embed.Options
		want string
	}{
		"no directory":        {embed.Options{}, "set Options.Dir"},
		"frontend port taken": {embed.Options{Dir: t.TempDir(), FrontendPort: taken}, strconv.Itoa(taken)},
		"UI port taken":       {embed.Options{Dir: t.TempDir(), UIPort: taken}, strconv.Itoa(taken)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := embed.Start(t.Context(), tc.opts); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one that says %q", err, tc.want)
			}
		})
	}
}

func start(t *testing.T, opts embed.Options) *embed.Server {
	t.Helper()
	s, err := embed.Start(testContext(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func dial(t *testing.T, s *embed.Server) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.HostPort(), Namespace: s.Namespace(),
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func status(t *testing.T, address string) int {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// lockedBuffer is a buffer that the server's goroutines may write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
