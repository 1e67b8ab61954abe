package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
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

// block is a fenced block that is for a shell.
type block struct {
	page, heading string
	text          string
}

// pages are all that tell people what to type. Operations is the first: its commands
// bring up what those of the other pages need.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{"docs/operations.md", "README.md"}
	for _, pattern := range []string{"docs/*.md", "examples/*.md", "examples/*/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range more {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			if name != found[0] {
				found = append(found, name)
			}
		}
	}
	return found
}

// fence opens at the begin of a line and closes with the same indentation.
var (
	fence     = regexp.MustCompile("(?ms)^( *)```([^\n]*)\n(.*?)\n *```$")
	fenceLine = regexp.MustCompile("(?m)^ *(```|~~~)")
)

// notShell are the other languages of fenced blocks. One that is not known here
// could hide commands.
var notShell = []string{"yaml", "go", "json", "mermaid"}

// blocks are the shell blocks of a page, without the indentation of their list.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	text := read(t, page)
	if understood, all := len(fence.FindAllString(text, -1)), len(fenceLine.FindAllString(text, -1)); all != 2*understood {
		t.Errorf("%s has %d lines that open or close a block, and %d blocks are understood", page, all, understood)
	}
	var found []block
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		indent, language, body := text[m[2]:m[3]], text[m[4]:m[5]], text[m[6]:m[7]]
		if slices.Contains(notShell, language) {
			continue
		}
		if language == "sh run" { // its page has a test of its own
			ownTest(t, page)
			continue
		}
		if language != "sh" {
			t.Errorf("%s has a block of %q: commands are in blocks of sh", page, language)
		}
		heading := text[:m[0]]
		heading = heading[strings.LastIndex(heading, "\n#")+1:]
		heading, _, _ = strings.Cut(heading, "\n")
		var lines []string
		for line := range strings.SplitSeq(body, "\n") {
			lines = append(lines, strings.TrimPrefix(line, indent))
		}
		found = append(found, block{page: page, heading: strings.TrimLeft(heading, "# "), text: strings.Join(lines, "\n")})
	}
	return found
}

// ownTests run the blocks that are marked `sh run`, which need what only they have.
var ownTests = map[string]string{
	"README.md": "dev/docs/readme_test.go", "docs/api.md": "api/docs_test.go", "docs/standin.md": "idwise/idwisetest/docs_test.go",
	"docs/operations.md": "dev/compose/commands_test.go",
}

// ownTest looks whether the test of a page reads it, and asks for all marked blocks.
func ownTest(t *testing.T, page string) {
	t.Helper()
	test, known := ownTests[page]
	if !known {
		t.Errorf("%s has blocks marked `sh run`, and no test of its own: write sh", page)
		return
	}
	if text := read(t, test); !strings.Contains(text, page) || !strings.Contains(text, "```sh run") {
		t.Errorf("%s does not run the blocks of %s", test, page)
	}
}

var comment = regexp.MustCompile(`(^|\s+)# .*$`)

// commands are the lines of a block, without comments.
func (b block) commands() []string {
	var all []string
	for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
		if line = strings.TrimSpace(comment.ReplaceAllString(strings.TrimRight(line, "\n"), "")); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func allBlocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, page := range pages(t) {
		all = append(all, blocks(t, page)...)
	}
	if len(all) < 20 {
		t.Fatalf("only %d blocks of commands were found", len(all))
	}
	return all
}
