package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	inline = regexp.MustCompile("`([^`\n]+)`")
	target = regexp.MustCompile(`^make ([a-z-]+)`)
	ours   = regexp.MustCompile(`^(?:bin/)?idjourney ([a-z].*)`)
	flag   = regexp.MustCompile(`--[a-z][a-z-]*`)
	word   = regexp.MustCompile(`^[a-z][a-z-]*$`)
)

// What is named in the middle of a sentence exists: the commands and flags of the
// binary, the targets of make, the services of the compose file.
func TestNamedCommands(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	for _, page := range pages(t) {
		for _, m := range inline.FindAllStringSubmatch(fence.ReplaceAllString(read(t, page), ""), -1) {
			code := m[1]
			switch {
			case ours.MatchString(code):
				idjourneyKnows(t, ours.FindStringSubmatch(code)[1])
			case target.MatchString(code):
				if name := target.FindStringSubmatch(code)[1]; !strings.Contains(makefile, "\n"+name+": ") {
					t.Errorf("%s: there is no target %s", page, name)
				}
			case composeLine.MatchString(code):
				composeKnows(t, code)
			case strings.HasPrefix(code, "temporal "), strings.HasPrefix(code, "kubectl "):
				t.Errorf("%s: no test runs `%s`", page, code)
			}
		}
	}
}

// binary builds idjourney once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "idjourney-docs-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "idjourney")
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", file, "./cmd/idjourney")
	build.Dir, build.Stderr = root, os.Stderr
	return file, build.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file)) // a folder of temporary files
	}
	os.Exit(code)
}

func built(t *testing.T) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatalf("building idjourney: %v", err)
	}
	return file
}

// idjourneyKnows asks the binary for the help of a command line's command, and looks
// for the line's flags there.
func idjourneyKnows(t *testing.T, line string) {
	t.Helper()
	var args []string
	for _, w := range strings.Fields(line) {
		if !word.MatchString(w) {
			break
		}
		args = append(args, w)
	}
	out, err := exec.CommandContext(t.Context(), built(t), append(slices.Clone(args), "--help")...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "idjourney "+strings.Join(args, " ")) {
		t.Errorf("idjourney %s: there is no such command (%v)", line, err)
	}
	for _, f := range flag.FindAllString(line, -1) {
		if !strings.Contains(string(out), f+" ") {
			t.Errorf("idjourney %s: there is no flag %s", line, f)
		}
	}
}

var variable = regexp.MustCompile(`\bIDJOURNEY_[A-Z_]+\b`)

// Every variable of ours that a page names is one of the reference, of the compose
// file, or of the command line's own.
func TestNamedVariables(t *testing.T) {
	t.Parallel()
	known := read(t, "docs/configuration.md") + read(t, ".env.example") + read(t, "cmd/idjourney/main.go")
	for _, page := range pages(t) {
		for _, name := range variable.FindAllString(read(t, page), -1) {
			if name = strings.TrimSuffix(name, "_"); !regexp.MustCompile(`\b` + name).MatchString(known) {
				t.Errorf("%s names %s, which nothing reads", page, name)
			}
		}
	}
}
