package notify_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/notify"
)

// docs/messages.md has a row for each type, which names the fields of its schema that not
// every message has.
func TestThePageForReceiversIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|.*$").FindAllStringSubmatch(string(text), -1) {
		rows[row[1]], told = row[0], append(told, row[1])
	}
	var types []string
	for _, kind := range notify.Types() {
		types = append(types, string(kind))
		for field := range schemaOf(t, kind).Properties["data"].Properties {
			common := slices.Contains([]string{"account", "journeyId", "reference", "phase"}, field)
			same := strings.HasPrefix(string(kind), "journey.renewal") && strings.Contains(rows[string(kind)], "the same")
			if !common && !same && !strings.Contains(rows[string(kind)], "`"+field+"`") {
				t.Errorf("the row of %s does not name %s", kind, field)
			}
		}
	}
	slices.Sort(told)
	slices.Sort(types)
	if diff := cmp.Diff(types, told); diff != "" {
		t.Errorf("docs/messages.md (-types +rows):\n%s", diff)
	}
}
