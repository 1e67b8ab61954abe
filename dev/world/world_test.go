package world

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"idjourney/dev/embed"
)

// A port that is taken is replaced, and the user is told.
func TestTakenPorts(t *testing.T) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port
	var said []string
	s, err := Start(t.Context(), Options{
		Dir: t.TempDir(), Ports: Ports{Public: port, Temporal: port, UI: embed.NoUI},
		Say: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}()
	want := fmt.Sprintf("port %d is taken: ", port)
	if len(said) != 2 || !strings.HasPrefix(said[0], want+"the webhook endpoint") || !strings.HasPrefix(said[1], want+"Temporal") {
		t.Errorf("got %q, want two sentences about port %d", said, port)
	}
	if err := s.Ready(t.Context(), ""); err != nil {
		t.Error(err)
	}
	noSecretIn(t, s.ConfigFile, s.Keys)
}

// noSecretIn makes sure that the file is one that could be shown around.
func noSecretIn(t *testing.T, file string, keys Secrets) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range keys.environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.Contains(string(text), value) {
			t.Errorf("the configuration file holds the value of %s", name)
		}
	}
}
