package api_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh run\n(.*?)^```")

// The examples of docs/api.md work as they are written. They need curl.
func TestTheExamplesOfTheDocsWork(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/api.md")
	must(t, err)
	a := openAPI(t, nil)
	a.fill(t)
	script := "set -eu\n"
	for _, block := range shellBlock.FindAllStringSubmatch(string(page), -1) {
		script += block[1]
	}
	if n := strings.Count(script, "curl "); n < 9 {
		t.Fatalf("hardly any example is marked to be run: %d", n)
	}
	shell := exec.CommandContext(awaitContext(t), "sh", "-c", script)
	shell.Dir = t.TempDir()
	shell.Env = append(os.Environ(), "API="+a.url, "TOKEN="+operatorToken)
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{`"journeyId":"jny-started"`, `"journeyId":"jny-sdk"`, `"customerStatus":"on_hold"`, "\n304\n", `"next":1`, `"rev_1"`, `"vendor_denied"`, `"spot-1"`} {
		if !strings.Contains(strings.ReplaceAll(string(out), "}304", "}\n304"), part) {
			t.Errorf("the examples answer %s, want %s in it", out, part)
		}
	}
	if sent := a.operator.sent(); len(sent) != 2 || sent[0].update != "review" || sent[1].update != "override" {
		t.Errorf("the examples did %v", sent)
	}
}
