package journey_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// phaseChange is a change of phase within one Apply.
type phaseChange struct{ from, to journey.Phase }

// changed collects the changes of phase that tests have seen.
type changed struct {
	mu   sync.Mutex
	seen map[phaseChange]bool
}

func (c *changed) add(from, to journey.Phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from == to {
		return
	}
	c.seen[phaseChange{from, to}] = true
}

// changes are those of the order property and of the invariants, which TestMain
// holds against the list after all tests.
var changes = changed{seen: map[phaseChange]bool{}}

// unlisted are the changes that [journey.Transitions] does not have.
func (c *changed) unlisted() []phaseChange {
	listed := map[phaseChange]bool{}
	for _, tr := range journey.Transitions() {
		listed[phaseChange{tr.From, tr.To}] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(c.seen)), func(p phaseChange) bool { return listed[p] })
}

// TestMain holds what every test has seen against the list.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, p := range changes.unlisted() {
		fmt.Printf("FAIL: %s --> %s happens, but journey.Transitions does not list it\n", p.from, p.to)
		code = max(code, 1)
	}
	os.Exit(code)
}

// end ends the journey as it is, and erases it, and sees what that changes.
func (c *changed) end(s *journeytest.Sim) {
	for _, kind := range []string{journey.UpdateEnd, journey.UpdateErase} {
		act := journey.Act{Kind: kind, Actor: "officer", Reason: "left"}
		if s.State.CheckAct(act) != nil {
			continue
		}
		from := s.State.Phase
		after, _ := journey.Apply(s.State, journey.Input{Acted: &act}, s.Now)
		if kind == journey.UpdateErase {
			after, _ = journey.Apply(after, journey.Input{Erased: &journey.EraseAnswer{}}, s.Now)
		}
		c.add(from, after.Phase)
		if act.Kind = journey.UpdateErase; after.CheckAct(act) == nil {
			after, _ = journey.Apply(after, journey.Input{Acted: &act}, s.Now)
			after, _ = journey.Apply(after, journey.Input{Erased: &journey.EraseAnswer{}}, s.Now)
			c.add(journey.Ended, after.Phase)
		}
	}
}

// Every case makes the listed changes of phase and no others, wherever an operator
// may end or erase it, too; and each that is listed is made by some case.
func TestTransitions(t *testing.T) {
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	told := changed{seen: map[phaseChange]bool{}}
	for _, c := range cases {
		s := newSim(t, c)
		s.Changed = func(from, to journey.Phase) {
			told.add(from, to)
			told.end(s)
		}
		told.end(s)
		s.InOrder()
	}
	for _, p := range told.unlisted() {
		t.Errorf("%s --> %s happens, but is not listed", p.from, p.to)
	}
	for _, tr := range journey.Transitions() {
		if !told.seen[phaseChange{tr.From, tr.To}] {
			t.Errorf("%s --> %s is listed, but no case shows it", tr.From, tr.To)
		}
	}
}

// The picture in docs/journey.md is the one that the transitions draw; `make docs`
// puts it there.
func TestDiagram(t *testing.T) {
	checkGenerated(t, "```mermaid\n", "```\n", journey.Diagram())
}

// checkGenerated holds what stands between two markers in docs/journey.md against what
// the code generates, or with UPDATE=1 puts it there.
func checkGenerated(t *testing.T, begin, end, want string) {
	t.Helper()
	const page = "../docs/journey.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has nothing between %q and %q", page, begin, end)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil { //nolint:gosec // a page for everybody
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s is stale; `make docs` generates it (-want +got):\n%s", page, diff)
	}
}
