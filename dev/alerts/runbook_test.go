package alerts

import (
	"os"
	"strings"
	"testing"
)

// Every alert says how urgent it is and links its section of the runbook, which
// says what it means, where to look and what to do; no section is about nothing.
func TestRunbook(t *testing.T) {
	t.Parallel()
	sections := runbook(t)
	for _, a := range readRules(t) {
		if s := a.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q, want page or ticket", a.Alert, s)
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("%s has no summary", a.Alert)
		}
		if got, want := a.Annotations["runbook_url"], "docs/runbook.md#"+strings.ToLower(a.Alert); got != want {
			t.Errorf("%s: runbook_url %q, want %q", a.Alert, got, want)
		}
		section, ok := sections[a.Alert]
		if !ok {
			t.Errorf("the runbook has no section %s", a.Alert)
		}
		delete(sections, a.Alert)
		for _, part := range []string{"**It means**", "**Look**", "**Do**"} {
			if ok && !strings.Contains(section, "\n"+part) {
				t.Errorf("the runbook's section %s lacks %s", a.Alert, part)
			}
		}
	}
	for name := range sections {
		if strings.HasPrefix(name, "Idjourney") {
			t.Errorf("the runbook's section %s is about no alert", name)
		}
	}
}

// runbook is the text of each section by its heading.
func runbook(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, part := range strings.Split("\n"+string(text), "\n## ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		sections[heading] = body
	}
	return sections
}
