package operator

import (
	"net/url"
	"os"
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
		if _, err := demoWorld.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: m[1]}); err != nil {
			t.Errorf("%s: %v", m[1], err)
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
