package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// clone is a copy of the last commit, with a changelog that knows the version.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "idjourney")
	for _, args := range [][]string{
		{"clone", "--quiet", "--no-hardlinks", "../..", dir},
		{"-C", dir, "config", "user.email", "test@example.com"}, {"-C", dir, "config", "user.name", "test"},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	file := filepath.Join(dir, "CHANGELOG.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	released := strings.Replace(string(text), "## [Unreleased]", "## [1.2.3] - 2026-01-02", 1)
	if err := os.WriteFile(file, []byte(released), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "commit", "-qam", "Release v1.2.3").CombinedOutput(); err != nil {
		t.Fatalf("committing: %v\n%s", err, out)
	}
	return dir
}

func build(t *testing.T, root string) map[string][]byte {
	t.Helper()
	tool, err := filepath.Abs("../../bin/cyclonedx-gomod")
	if err != nil {
		t.Fatal(err)
	}
	r := release{version: "v1.2.3", root: root, out: t.TempDir(), platforms: []string{"linux/" + runtime.GOARCH}, sbomTool: tool}
	if err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(r.out)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(r.out, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// A release that is built twice, in two places, is the same to the byte.
func TestAReleaseIsReproducible(t *testing.T) {
	t.Parallel()
	root := clone(t)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", root, elsewhere).CombinedOutput(); err != nil {
		t.Fatalf("copying: %v\n%s", err, out)
	}
	first, second := build(t, root), build(t, elsewhere)
	archive, image := "idjourney-v1.2.3-linux-"+runtime.GOARCH+".tar.gz", "idjourney-v1.2.3-oci.tar"
	for _, name := range []string{archive, image, "idjourney-v1.2.3.cdx.json", "NOTES.md", "SHA256SUMS"} {
		if len(first[name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if !bytes.Contains(first["idjourney-v1.2.3.cdx.json"], []byte("go.temporal.io/sdk")) {
		t.Error("the SBOM does not name Temporal's SDK")
	}
	runs(t, first[archive])
	whole(t, first[image])
}

// runs unpacks the archive and asks the binary for its version.
func runs(t *testing.T, archive []byte) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	unpack(t, unzipped, dir)
	binary := filepath.Join(dir, "idjourney-v1.2.3-linux-"+runtime.GOARCH, "idjourney")
	out, err := exec.CommandContext(t.Context(), binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "idjourney v1.2.3+") {
		t.Errorf("version: %q, %v", out, err)
	}
}

// whole reads the image by another library, which checks every digest and size.
func whole(t *testing.T, image []byte) {
	t.Helper()
	dir := t.TempDir()
	unpack(t, bytes.NewReader(image), dir)
	top, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(top); err != nil {
		t.Error(err)
	}
	names, err := top.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	index, err := top.ImageIndex(names.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	found, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	one, err := index.Image(found.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	checkImage(t, one)
}

func checkImage(t *testing.T, one v1.Image) {
	t.Helper()
	c, err := one.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c.Config.User != "65532:65532" || c.Config.Labels["org.opencontainers.image.version"] != "v1.2.3" || len(c.Config.Labels["org.opencontainers.image.revision"]) != 40 {
		t.Errorf("config = %+v", c.Config)
	}
	layers, err := one.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, l := range layers {
		n, err := l.Size()
		if err != nil {
			t.Fatal(err)
		}
		size += n
	}
	if size > 60<<20 {
		t.Errorf("the image has %d bytes, want at most 60 MiB", size)
	}
}

func unpack(t *testing.T, from io.Reader, dir string) {
	t.Helper()
	for r := tar.NewReader(from); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, filepath.FromSlash(head.Name))
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, os.FileMode(head.Mode))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrongReleasesAreRefused(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"": "is no version", "1.2.3": "is no version", "v9.9.9": "no section [9.9.9]"} {
		r := release{version: version, root: "../..", out: t.TempDir(), platforms: []string{"linux/amd64"}}
		if err := r.run(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", version, err, want)
		}
	}
}
