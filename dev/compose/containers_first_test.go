//go:build containers

package compose_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"idjourney/dev/compose"
)

// TestFirstLook types what docs/operations.md says of containers, in a fresh copy.
func TestFirstLook(t *testing.T) {
	c := newContainers(t)
	for _, block := range compose.Commands(t, root, "In containers", 4) {
		t.Logf("%s\n%s", block, c.run("timeout", "300", "bash", "-e", "-o", "pipefail", "-c", block))
	}
}

// TestTheImage holds the image against what is promised of it.
func TestTheImage(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "docker", "image", "inspect", "idjourney:dev").Output()
	if err != nil {
		t.Fatal(err)
	}
	var images []struct {
		Size   int64
		Config struct {
			User        string
			Labels      map[string]string
			Healthcheck struct{ Test []string }
		}
	}
	if err := json.Unmarshal(out, &images); err != nil {
		t.Fatal(err)
	}
	image, revision := images[0], strings.TrimSpace(output(t, "git", "rev-parse", "HEAD"))
	if image.Config.User != "65532:65532" {
		t.Errorf("it runs as %q", image.Config.User)
	}
	if image.Size > 60<<20 {
		t.Errorf("it has %d bytes, want at most 60 MiB", image.Size)
	}
	if l := image.Config.Labels; l["org.opencontainers.image.version"] != "dev" || l["org.opencontainers.image.revision"] != revision {
		t.Errorf("labels = %v, want version dev and revision %s", l, revision)
	}
	if !slices.Contains(image.Config.Healthcheck.Test, "healthcheck") {
		t.Errorf("its health check is %v", image.Config.Healthcheck.Test)
	}
	said := output(t, "docker", "run", "--rm", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none", "idjourney:dev", "version")
	if !strings.HasPrefix(said, "idjourney dev+"+revision[:12]+",") {
		t.Errorf("it says %q, want its version and revision %s", said, revision[:12])
	}
	files := exported(t)
	if names := sorted(files); !slices.Equal(names, []string{"etc/ssl/certs/ca-certificates.crt", "idjourney"}) {
		t.Errorf("it holds %v, want the binary and the certificates", names)
	}
	reproducible(t, files["idjourney"], revision)
}

// reproducible builds the binary outside of Docker: it is the same to the byte.
func reproducible(t *testing.T, want []byte, revision string) {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Fatalf("there is no image for %s", runtime.GOARCH)
	}
	file := filepath.Join(t.TempDir(), "idjourney")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid= -X idjourney/version.stamped=dev+"+revision[:12], "-o", file, "./cmd/idjourney")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(got) != sha256.Sum256(want) {
		t.Error("the same sources built outside of Docker give another binary")
	}
}

// exported are the files of the image, without what the engine adds to a container.
func exported(t *testing.T) map[string][]byte {
	t.Helper()
	id := strings.TrimSpace(output(t, "docker", "create", "idjourney:dev"))
	defer output(t, "docker", "rm", id)
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader([]byte(output(t, "docker", "export", id)))); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.Typeflag != tar.TypeReg || slices.Contains([]string{".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf", "dev/console"}, head.Name) {
			continue
		}
		if files[head.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func sorted(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}
