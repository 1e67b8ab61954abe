// Package compose reads docker-compose.yml with compose's own library, for the
// tests that check it and for the topology that is run from it without Docker.
package compose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// FileName is the compose file in the repository's root.
const FileName = "docker-compose.yml"

// AllProfiles loads every service.
const AllProfiles = "*"

// Load reads the compose file in root as `docker compose` does, with env in the
// place of .env and of the caller's environment.
func Load(ctx context.Context, root string, env map[string]string, profiles ...string) (*types.Project, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	project, err := loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, FileName)}},
		Environment: env,
	}, loader.WithProfiles(profiles), func(o *loader.Options) { o.SetProjectName("idjourney", true) })
	if err != nil {
		return nil, fmt.Errorf("loading %s: %w", FileName, err)
	}
	return project, nil
}

// NewEnv returns what the command that the documentation gives writes into .env.
func NewEnv(ctx context.Context, root string) (map[string]string, error) {
	dir, err := os.MkdirTemp("", "env-")
	if err != nil {
		return nil, fmt.Errorf("running deploy/env.sh: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, ".env")
	cmd := exec.CommandContext(ctx, "sh", "deploy/env.sh", file)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("running deploy/env.sh: %w: %s", err, out)
	}
	return dotenv.Read(file)
}

// Environment is a service's environment as its process sees it, sorted.
func Environment(s types.ServiceConfig) []string {
	var environ []string
	for name, value := range s.Environment {
		if value != nil {
			environ = append(environ, name+"="+*value)
		}
	}
	slices.Sort(environ)
	return environ
}

// Mounted returns the file of this machine that a service sees at path.
func Mounted(s types.ServiceConfig, path string) (string, error) {
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeBind {
			continue
		}
		if v.Target == path {
			return existing(v.Source)
		}
		if rest, below := strings.CutPrefix(path, strings.TrimSuffix(v.Target, "/")+"/"); below {
			return existing(filepath.Join(v.Source, rest))
		}
	}
	return "", fmt.Errorf("service %s mounts nothing at %s", s.Name, path)
}

func existing(file string) (string, error) {
	if _, err := os.Stat(file); err != nil {
		return "", errors.Join(errors.New("it is mounted and not there"), err)
	}
	return file, nil
}
