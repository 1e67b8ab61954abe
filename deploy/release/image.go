package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// entry is a file of an archive.
type entry struct {
	name    string
	content []byte
	mode    int64
}

// tarball has the entries in their order, all of root and of one time.
func tarball(entries []entry, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		head := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content)), ModTime: at, Format: tar.FormatPAX, Typeflag: tar.TypeReg}
		if err := w.WriteHeader(head); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	err := w.Close() // writes the end
	return out.Bytes(), err
}

func compress(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err = w.Close() // writes the end
	return out.Bytes(), err
}

// blobs are those of an OCI layout.
type blobs struct {
	entries []entry
	seen    map[string]bool
}

type descriptor struct {
	MediaType string            `json:"mediaType"`
	Digest    string            `json:"digest"`
	Size      int               `json:"size"`
	Platform  map[string]string `json:"platform,omitempty"`
}

func (l *blobs) add(mediaType string, content []byte) descriptor {
	sum := fmt.Sprintf("%x", sha256.Sum256(content))
	if !l.seen[sum] {
		l.seen[sum] = true
		l.entries = append(l.entries, entry{"blobs/sha256/" + sum, content, 0o644})
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + sum, Size: len(content)}
}

func (l *blobs) addJSON(mediaType string, value any) (descriptor, error) {
	text, err := json.Marshal(value)
	return l.add(mediaType, text), err
}

const media = "application/vnd.oci.image."

// image writes what the Dockerfile makes, for linux on each architecture, as an OCI
// layout in one archive. It needs no Docker.
func (r *release) image(context.Context) error {
	l := &blobs{seen: map[string]bool{}}
	var manifests []descriptor
	for _, platform := range r.platforms {
		system, arch, _ := strings.Cut(platform, "/")
		if system != "linux" {
			continue
		}
		m, err := r.manifest(l, arch)
		if err != nil {
			return err
		}
		manifests = append(manifests, m)
	}
	index, err := l.addJSON(media+"index.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": media + "index.v1+json", "manifests": manifests, "annotations": r.labels(),
	})
	if err != nil {
		return err
	}
	top, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []any{map[string]any{
		"mediaType": index.MediaType, "digest": index.Digest, "size": index.Size,
		"annotations": map[string]string{"org.opencontainers.image.ref.name": r.version},
	}}})
	if err != nil {
		return err
	}
	content, err := tarball(append([]entry{
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644}, {"index.json", top, 0o644},
	}, l.entries...), r.at)
	if err != nil {
		return err
	}
	return r.write("idjourney-"+r.version+"-oci.tar", content)
}

func (r *release) labels() map[string]string {
	const name = "org.opencontainers.image."
	return map[string]string{name + "title": "idjourney", name + "version": r.version, name + "revision": r.revision}
}

// manifest adds one architecture's image.
func (r *release) manifest(l *blobs, arch string) (descriptor, error) {
	binary, err := os.ReadFile(r.binary("linux/" + arch))
	if err != nil {
		return descriptor{}, err
	}
	content, err := tarball([]entry{
		{"etc/ssl/certs/ca-certificates.crt", certificates(), 0o644}, {"idjourney", binary, 0o755},
	}, r.at)
	if err != nil {
		return descriptor{}, err
	}
	compressed, err := compress(content)
	if err != nil {
		return descriptor{}, err
	}
	layer := l.add(media+"layer.v1.tar+gzip", compressed)
	configured, err := l.addJSON(media+"config.v1+json", map[string]any{
		"architecture": arch, "os": "linux", "created": r.at.Format(time.RFC3339),
		"config": map[string]any{
			"User": "65532:65532", "Entrypoint": []string{"/idjourney"}, "Labels": r.labels(),
			"ExposedPorts": map[string]any{"8080/tcp": struct{}{}, "8081/tcp": struct{}{}, "9090/tcp": struct{}{}, "9091/tcp": struct{}{}},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(content))}},
		"history": []any{map[string]any{"created": r.at.Format(time.RFC3339), "created_by": "make release"}},
	})
	if err != nil {
		return descriptor{}, err
	}
	m, err := l.addJSON(media+"manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": media + "manifest.v1+json", "config": configured, "layers": []descriptor{layer},
	})
	m.Platform = map[string]string{"os": "linux", "architecture": arch}
	return m, err
}

// certificates are Mozilla's, as the Go project packs them.
func certificates() []byte {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // into memory
		}
	}
	return text.Bytes()
}
