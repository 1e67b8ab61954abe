package world

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"idjourney/dev/compose"
)

const standinService = "standin"

// RunMounted starts starter and worker with the configuration that the file mounts,
// and the stand-in beside them: the first use of .env.example. It returns the
// stand-in's address.
func (t *Topology) RunMounted(ctx context.Context) (standinURL string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range []string{workerService, starterService} {
		if err := t.stop(name); err != nil {
			return "", err
		}
	}
	file, err := compose.Mounted(t.project.Services[starterService], value(t.environment(starterService), "IDJOURNEY_CONFIG"))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	t.configFile = filepath.Join(t.opts.Dir, "idjourney.yaml")
	if err := os.WriteFile(t.configFile, []byte(t.local(starterService, string(text))), 0o644); err != nil {
		return "", fmt.Errorf("writing the configuration: %w", err)
	}
	// The file's :8080 and :9090 are this machine's as well as the container's.
	t.secrets = []string{"IDJOURNEY_LISTEN_PUBLIC=" + t.address(starterService, 8080), "IDJOURNEY_LISTEN_ADMIN=" + t.address(starterService, 9090)}
	if err := t.startProduct(ctx); err != nil {
		return "", err
	}
	return "http://" + t.address(standinService, 8090), t.startStandin(ctx)
}

func (t *Topology) startStandin(ctx context.Context) error {
	s := t.project.Services[standinService]
	cmd := exec.Command(t.binary("idjourney"), t.command(standinService, s.Command)...) //nolint:noctx // it outlives ctx
	cmd.Env = t.environment(standinService)
	if _, err := t.start(standinService, cmd); err != nil {
		return err
	}
	return t.healthy(ctx, standinService)
}
