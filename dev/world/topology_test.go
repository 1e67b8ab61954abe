package world_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"idjourney/dev/compose"
	"idjourney/dev/demo"
	"idjourney/dev/world"
)

const root = "../.."

// The topology of docker-compose.yml, on PostgreSQL and from binaries, plays all of
// the demo's scenarios, Temporal's SIGKILL among them. Then every process is stopped
// and started again: nothing is lost, and the same journeys go on.
func TestTopology(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	top := up(ctx, t)
	s := around(ctx, t, top)
	began := time.Now()
	var out strings.Builder
	report := demo.Play(ctx, s, &out, false, 0)
	_ = report.Table(&out) // into memory
	t.Logf("played in %v\n%s", time.Since(began), &out)
	if !report.OK {
		t.Fatal("not all ended as expected")
	}
	searchable(ctx, t, s, report)
	lasts(ctx, t, top, s, report)
	firstLook(ctx, t, top)
	if err := top.Down(); err != nil {
		t.Fatal(err)
	}
	noLeak(t, top, s)
}

// up builds, and starts everything but the product.
func up(ctx context.Context, t *testing.T) *world.Topology {
	t.Helper()
	began := time.Now()
	bin, err := world.Build(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built after %v", time.Since(began))
	env, err := compose.NewEnv(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := world.NewDir()
	if err != nil {
		t.Fatal(err)
	}
	top, err := world.NewTopology(ctx, world.TopologyOptions{Root: root, Bin: bin, Dir: dir, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := top.Down(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			showLogs(t, top)
		}
		if err := top.Remove(); err != nil {
			t.Error(err)
		}
	})
	if err := top.Up(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("up after %v", time.Since(began))
	return top
}

func around(ctx context.Context, t *testing.T, top *world.Topology) *world.World {
	t.Helper()
	s, err := world.Start(ctx, world.Options{Dir: t.TempDir(), Topology: top, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func showLogs(t *testing.T, top *world.Topology) {
	t.Helper()
	for _, file := range top.Logs() {
		if text, err := os.ReadFile(file); err == nil {
			t.Logf("%s\n%s", file, text[max(0, len(text)-3000):])
		}
	}
}
