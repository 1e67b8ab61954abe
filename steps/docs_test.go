package steps_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"idjourney/steps"
)

// docs/extending.md shows the contract's own examples.
func TestTheDocsShowTheContract(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "extending.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []steps.Document{steps.Input, steps.Answer} {
		example, err := steps.Example(d)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), "```json\n"+string(example)+"```") {
			t.Errorf("docs/extending.md does not show the example of %s", d)
		}
	}
}
