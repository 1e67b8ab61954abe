package compose

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Docker sends only what .dockerignore lets through: every package of the binary has
// to be among it.
func TestImageIsBuiltFromAllItNeeds(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/idjourney")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	let := strings.Fields(read(t, root+"/.dockerignore"))
	needed := 0
	for pkg := range strings.Lines(string(out)) {
		rest, ours := strings.CutPrefix(strings.TrimSpace(pkg), "idjourney/")
		if !ours {
			continue
		}
		needed++
		if folder, _, _ := strings.Cut(rest, "/"); !slices.Contains(let, "!"+folder) {
			t.Errorf(".dockerignore keeps %s out, which the binary is built from", folder)
		}
	}
	if needed < 10 {
		t.Fatalf("the binary has only %d packages", needed)
	}
}
