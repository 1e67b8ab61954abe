package employer_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"idjourney/examples/employer"
	"idjourney/journey"
	"idjourney/steps"
)

func TestTheAnswersFollowTheContract(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "left.txt")
	if _, err := employer.Register(file).LookUp(employer.Question{}); err == nil {
		t.Error("a missing register has an answer")
	}
	if err := os.WriteFile(file, []byte("j-2\nj-3"), 0o600); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]journey.StepAnswer{
		"j-1": {Outcome: journey.StepPassed}, "j-3": {Outcome: journey.StepFailed, Reason: "left_employer"},
	} {
		answer, err := employer.Register(file).LookUp(employer.Question{JourneyID: id})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := steps.ReadAnswer(text); err != nil || got != want {
			t.Errorf("%s is answered %s: %+v, %v, want %+v", id, text, got, err, want)
		}
	}
}

// A step needs nothing of idjourney, which is why it can be in any language.
func TestTheExampleImportsNothingOfOurs(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		seen++
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range parsed.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if strings.HasPrefix(name, "idjourney/") && !strings.HasPrefix(name, "idjourney/examples/") {
				t.Errorf("%s imports %s", path, name)
			}
		}
		return nil
	})
	if err != nil || seen < 4 {
		t.Errorf("looked at %d files: %v", seen, err)
	}
}
