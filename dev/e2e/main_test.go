package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"idjourney/dev/embed"
)

// root is the repository's.
const root = "../.."

// server is the one embedded Temporal of this package's tests, temporal a client of
// it, and scratch a folder that is removed after the tests.
var (
	server   *embed.Server
	temporal client.Client
	scratch  string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "idjourney-e2e-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	scratch = dir
	if server, err = embed.Start(ctx, embed.Options{Dir: dir, UIPort: embed.NoUI}); err != nil {
		return fail(err)
	}
	defer func() { _ = server.Stop() }()
	temporal, err = client.Dial(client.Options{
		HostPort: server.HostPort(), Namespace: server.Namespace(), Identity: "idjourney-e2e",
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fail(err)
	}
	defer temporal.Close()
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "starting Temporal for the end-to-end tests:", err)
	return 1
}
