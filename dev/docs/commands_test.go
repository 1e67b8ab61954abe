package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"idjourney/dev/embed"
	"idjourney/dev/world"
)

// TestCommands types what the pages say, as a newcomer does who has nothing but a
// fresh copy: the whole of operations, from `make stack` to a restored backup, and
// then the other pages. Only ports are others, if the pages' are taken.
func TestCommands(t *testing.T) {
	dir := fresh(t)
	s := openSession(t, dir, freePorts(t))
	n := newcomer{t: t, s: s, dir: dir}
	for _, b := range allBlocks(t) {
		if b.here(t) {
			n.take(b)
		}
	}
	for command := range n.surprises() {
		if !n.seen[command] {
			t.Errorf("no block has %q any more, which the test builds on", command)
		}
	}
	n.queries()
}

// newcomer goes through the pages.
type newcomer struct {
	t     *testing.T
	s     *session
	dir   string
	stack *stays // make stack, in a terminal of its own
	seen  map[string]bool
}

func (n *newcomer) take(b block) {
	n.t.Helper()
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	all := b.commands()
	first := all[0]
	if strings.HasPrefix(first, "make stack") {
		n.stayUp(first)
		return
	}
	did := n.surprises()
	for _, command := range all {
		if a, ok := did[command]; ok && a.before != nil {
			a.before()
		}
	}
	out := n.s.run(n.t, b.text)
	n.t.Logf("%s, %s:\n%s\n%s", b.page, b.heading, b.text, out)
	for _, command := range all {
		if a, ok := did[command]; ok {
			n.seen[command] = true
			a.after(out)
		}
	}
}

// stayUp runs `make stack`, or lends what it lends.
func (n *newcomer) stayUp(command string) {
	n.t.Helper()
	if n.stack != nil {
		n.stack.stop(n.t)
	}
	if strings.Contains(command, "BARE=1") {
		n.stack, _ = start(n.t, n.dir, command, ". bin/stack.env")
		n.s.ports = freePorts(n.t)
		n.atStandin()
		return
	}
	var said string
	n.stack, said = start(n.t, n.dir, command, "/control/journeys")
	n.s.ports = map[string]string{}
	for port, line := range map[string]string{
		"8233": `Temporal's Web UI +http://127\.0\.0\.1:([0-9]+)`, "9090": `readiness +http://127\.0\.0\.1:([0-9]+)`,
		"8090": `stand-in for IDWise +http://127\.0\.0\.1:([0-9]+)`, "8091": `your backend received +http://127\.0\.0\.1:([0-9]+)`,
	} {
		m := regexp.MustCompile(line).FindStringSubmatch(said)
		if m == nil {
			n.t.Fatalf("make stack does not say where %s is:\n%s", line, said)
		}
		n.s.ports[port] = m[1]
	}
}

// atStandin gives the copy's file for the stand-in the ports of this session.
func (n *newcomer) atStandin() {
	n.t.Helper()
	file := filepath.Join(n.dir, "deploy", "idjourney.standin.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(n.s.local(string(text))), 0o644); err != nil {
		n.t.Fatal(err)
	}
}

// fresh is a copy of the repository as a clone would be: without what was built.
// Temporal's server is taken over: it would be the same.
func fresh(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	parts, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		switch part.Name() {
		case ".git", "bin", ".env", "idjourney.yaml":
		default:
			copied(t, filepath.Join(root, part.Name()), dir)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	bin, err := world.Build(ctx, root)
	if err != nil {
		t.Fatal(err)
	}
	copied(t, bin, filepath.Join(dir, "bin"))
	return dir
}

func copied(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copying %s: %v\n%s", from, err, out)
	}
}

// freePorts are those that a session uses for the pages'.
func freePorts(t *testing.T) map[string]string {
	t.Helper()
	ports := map[string]string{}
	var taken []int
	for _, page := range []string{"8080", "8081", "8082", "8083", "8090", "8095", "9090", "9091", "9092", "9093"} {
		free, err := embed.FreePort(taken...)
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, free)
		ports[page] = fmt.Sprint(free)
	}
	return ports
}

var query = regexp.MustCompile("`(SELECT [^`]+)`")

// queries asks the ledger what the runbook asks it.
func (n *newcomer) queries() {
	n.t.Helper()
	found := query.FindAllStringSubmatch(read(n.t, "docs/runbook.md"), -1)
	if len(found) < 2 {
		n.t.Errorf("the runbook has %d queries", len(found))
	}
	for _, m := range found {
		n.s.run(n.t, `psql "$IDJOURNEY_LEDGER_URL" -c "`+m[1]+`"`)
	}
}
