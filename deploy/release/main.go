// Command release builds what a release publishes: archives of the binary, the image as
// an OCI layout, the SBOM, the notes and the checksums. The same commit gives the same
// bytes: every time in them is the commit's. See `make release`.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is one run.
type release struct {
	version, revision string
	root, out         string
	platforms         []string // os/arch
	sbomTool          string
	at                time.Time // the commit's
	files             []string  // made so far, for the checksums
}

func main() {
	var r release
	var platforms string
	flag.StringVar(&r.version, "version", "", "v1.2.3")
	flag.StringVar(&r.root, "root", "../..", "the repository")
	flag.StringVar(&r.out, "out", "", "folder of what is built; it is emptied first")
	flag.StringVar(&platforms, "platforms", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64", "what is built; the image holds those of linux")
	flag.StringVar(&r.sbomTool, "sbom-tool", "", "cyclonedx-gomod")
	flag.Parse()
	r.platforms = strings.Split(platforms, ",")
	if err := r.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

var semver = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

func (r *release) run(ctx context.Context) error {
	if !semver.MatchString(r.version) {
		return fmt.Errorf("%q is no version: make release VERSION=v1.2.3", r.version)
	}
	if err := r.readCommit(ctx); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(r.out), os.MkdirAll(filepath.Join(r.out, "bin"), 0o755)); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.notes, r.binaries, r.sbom, r.image, r.checksums} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(r.out, "bin"))
}

func (r *release) command(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stderr = r.root, append(os.Environ(), env...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, nil
}

func (r *release) readCommit(ctx context.Context) error {
	out, err := r.command(ctx, nil, "git", "show", "--no-patch", "--format=%H %ct")
	if err != nil {
		return err
	}
	revision, seconds, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	r.revision, r.at = revision, time.Unix(unix, 0).UTC()
	return err
}

// write puts a file into the release.
func (r *release) write(name string, content []byte) error {
	r.files = append(r.files, name)
	return os.WriteFile(filepath.Join(r.out, name), content, 0o644)
}

func (r *release) binary(platform string) string {
	return filepath.Join(r.out, "bin", strings.ReplaceAll(platform, "/", "-"))
}

// binaries builds each platform's, with the Dockerfile's flags, and packs it.
func (r *release) binaries(ctx context.Context) error {
	stamp := "-s -w -buildid= -X idjourney/version.stamped=" + r.version + "+" + r.revision[:12]
	for _, platform := range r.platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("%q is no platform, as linux/amd64 is one", platform)
		}
		file, err := filepath.Abs(r.binary(platform))
		if err != nil {
			return err
		}
		env := []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch, "GOFLAGS="}
		if _, err := r.command(ctx, env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+stamp, "-o", file, "./cmd/idjourney"); err != nil {
			return err
		}
		if err := r.archive(system, arch); err != nil {
			return err
		}
	}
	return nil
}

// archive packs a binary with what a single machine needs besides.
func (r *release) archive(system, arch string) error {
	name := fmt.Sprintf("idjourney-%s-%s-%s", r.version, system, arch)
	binary, err := os.ReadFile(r.binary(system + "/" + arch))
	if err != nil {
		return err
	}
	entries := []entry{{name + "/idjourney", binary, 0o755}}
	packed := []string{"CHANGELOG.md", "config/example.yaml"}
	if system == "linux" {
		units, err := filepath.Glob(filepath.Join(r.root, "deploy", "systemd", "*"))
		if err != nil {
			return err
		}
		for _, unit := range units {
			packed = append(packed, "deploy/systemd/"+filepath.Base(unit))
		}
	}
	for _, file := range packed {
		text, err := os.ReadFile(filepath.Join(r.root, file))
		if err != nil {
			return err
		}
		entries = append(entries, entry{name + "/" + file, text, 0o644})
	}
	content, err := tarball(entries, r.at)
	if err != nil {
		return err
	}
	compressed, err := compress(content)
	if err != nil {
		return err
	}
	return r.write(name+".tar.gz", compressed)
}

// notes are the version's section of CHANGELOG.md.
func (r *release) notes(context.Context) error {
	text, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	notes, err := section(string(text), strings.TrimPrefix(r.version, "v"))
	if err != nil {
		return err
	}
	return r.write("NOTES.md", []byte(notes))
}

func section(changelog, version string) (string, error) {
	var kept []string
	inside := false
	for line := range strings.Lines(changelog) {
		if strings.HasPrefix(line, "## ") {
			inside = strings.HasPrefix(line, "## ["+version+"]")
			continue
		}
		if inside {
			kept = append(kept, line)
		}
	}
	text := strings.TrimSpace(strings.Join(kept, ""))
	if text == "" {
		return "", fmt.Errorf("CHANGELOG.md has no section [%s]: give what is unreleased its version and date first", version)
	}
	return text + "\n", nil
}

// sbom lists the modules that the binary was built from, as it says itself.
func (r *release) sbom(ctx context.Context) error {
	file, err := filepath.Abs(r.binary(r.platforms[0]))
	if err != nil {
		return err
	}
	out, err := r.command(ctx, nil, r.sbomTool, "bin", "-json", "-noserial", "-notimestamp", "-version", r.version, file)
	if err != nil {
		return err
	}
	var bom map[string]any
	if err := json.Unmarshal(out, &bom); err != nil {
		return fmt.Errorf("reading the SBOM: %w", err)
	}
	metadata, ok := bom["metadata"].(map[string]any)
	if !ok {
		return errors.New("the SBOM has no metadata")
	}
	// The hashes of the tool are this machine's build of it.
	delete(metadata, "tools")
	metadata["timestamp"] = r.at.Format(time.RFC3339)
	text, err := json.MarshalIndent(bom, "", "  ")
	if err != nil {
		return err
	}
	return r.write("idjourney-"+r.version+".cdx.json", append(text, '\n'))
}

func (r *release) checksums(context.Context) error {
	slices.Sort(r.files)
	var list strings.Builder
	for _, name := range r.files {
		content, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(content), name)
	}
	return r.write("SHA256SUMS", []byte(list.String()))
}
