package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"idjourney/dev/embed"
	"idjourney/dev/world"
)

// binary builds idjourney once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	file := filepath.Join(scratch, "idjourney")
	cmd := exec.Command("go", "build", "-o", file, "./cmd/idjourney") //nolint:noctx // the tests have a time-out
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the binary: %w\n%s", err, out)
	}
	return file, nil
})

func built(t *testing.T) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// system is idjourney as it runs in production: starter and worker are processes.
type system struct {
	*world.World
	t *testing.T
}

// newSystem prepares everything and starts neither starter nor worker.
func newSystem(t *testing.T, queue string, change ...func(*world.Options)) *system {
	t.Helper()
	o := world.Options{Dir: t.TempDir(), Server: server, Binary: built(t), TaskQueue: queue}
	for _, f := range change {
		f(&o)
	}
	return &system{World: newWorld(t.Context(), t, o), t: t}
}

// newWorld starts a world, and stops it when the test ends.
func newWorld(ctx context.Context, t *testing.T, o world.Options) *world.World {
	t.Helper()
	w, err := world.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		for _, file := range w.Logs() {
			if text, err := os.ReadFile(file); t.Failed() && err == nil {
				t.Logf("%s\n%s", file, text[max(0, len(text)-4000):])
			}
		}
	})
	return w
}

func (s *system) starter() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	if err := s.StartStarter(ctx); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) worker() {
	s.t.Helper()
	if err := s.StartWorker(); err != nil {
		s.t.Fatal(err)
	}
}

// free is an address that nothing listens on.
func free(t *testing.T) string {
	t.Helper()
	port, err := embed.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}
