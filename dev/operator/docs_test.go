package operator

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"

	"idjourney/idwise"
)

// root is the repository's.
var root = filepath.Join("..", "..")

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var savedQuery = regexp.MustCompile("\\[`([^`]+)`\\]\\(http://localhost:8233/namespaces/default/workflows\\?query=([^)]+)\\)")

// Every saved query of the docs is one that Temporal takes, and its link is the
// query that is shown.
func TestSavedQueries(t *testing.T) {
	t.Parallel()
	found := savedQuery.FindAllStringSubmatch(read(t, "docs/operations.md"), -1)
	if len(found) < 6 {
		t.Fatalf("the docs have %d saved queries", len(found))
	}
	for _, m := range found {
		linked, err := url.QueryUnescape(m[2])
		if err != nil || linked != m[1] {
			t.Errorf("the link of %s goes to %s (%v)", m[1], linked, err)
		}
		if _, err := house.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: m[1]}); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

var (
	shellBlock = regexp.MustCompile("(?ms)^ *```sh( run)?\n(.*?)^ *```")
	ours       = regexp.MustCompile(`bin/idjourney ([a-z][^\n` + "`" + `|;&]*)`)
	flag       = regexp.MustCompile(`--[a-z][a-z-]*`)
)

// TestCommandsOfTheDocs runs the marked blocks of docs/operations.md, one after the
// other in one shell, in a copy of the repository, as a newcomer would; and it asks
// the binary whether it has every command and flag that any page names.
func TestCommandsOfTheDocs(t *testing.T) {
	t.Parallel()
	clone := t.TempDir()
	parts, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		switch name := part.Name(); name {
		case ".git", "bin", "dev", "docs", "tools": // what the product is not built from
		default:
			if out, err := exec.CommandContext(t.Context(), "cp", "-r", filepath.Join(root, name), clone).CombinedOutput(); err != nil {
				t.Fatalf("copying %s: %v\n%s", name, err, out)
			}
		}
	}
	script := "set -eu\n"
	for _, m := range shellBlock.FindAllStringSubmatch(read(t, "docs/operations.md"), -1) {
		if m[1] != "" {
			script += m[2]
		}
	}
	if strings.Count(script, "\n") < 6 {
		t.Fatalf("hardly any command is marked to be run:\n%s", script)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", script)
	shell.Dir = clone
	shell.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+house.Temporal.HostPort(), "TEMPORAL_NAMESPACE="+house.Namespace,
		"IDJOURNEY_REFERENCE_KEY=0123456789abcdef0123456789abcdef", "IDWISE_API_KEY=key", "IDWISE_API_SECRET=secret",
		"IDWISE_WEBHOOK_PASSWORD=password", "GOVERNMENT_TOKEN=token", "CORE_WEBHOOK_SECRET="+house.Keys.CoreSecret)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, script, out)
	}
	binary := filepath.Join(clone, "bin", "idjourney")
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ours.FindAllStringSubmatch(string(text), -1) {
			known(t, binary, m[1])
		}
	}
}

// known asks the binary for the help of a command line's command, and looks for its
// flags there.
func known(t *testing.T, binary, line string) {
	t.Helper()
	var args []string
	for _, word := range strings.Fields(line) {
		if !regexp.MustCompile(`^[a-z-]+$`).MatchString(word) || strings.HasPrefix(word, "-") {
			break
		}
		args = append(args, word)
	}
	out, err := exec.CommandContext(t.Context(), binary, append(args, "--help")...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "idjourney "+strings.Join(args, " ")) {
		t.Errorf("idjourney %s: there is no such command (%v)", line, err)
	}
	for _, f := range flag.FindAllString(line, -1) {
		if !strings.Contains(string(out), f+" ") {
			t.Errorf("idjourney %s: there is no flag %s", line, f)
		}
	}
}

// The docs show the lines that mark a path; they are those of the table.
func TestMarkOfTheDocs(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/operations.md")
	for _, e := range idwise.Operations() {
		if e.Operation == idwise.JourneyResult && !strings.Contains(text, `operation: journey_result, path: "`+e.Path+`", confirmed: true`) {
			t.Errorf("the docs mark another path than %s", e.Path)
		}
	}
}
