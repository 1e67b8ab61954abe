package journey_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// phaseChange is a change of phase within one Step.
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

// Every case, in its order and in disorders, makes the listed changes of phase and
// no others.
func TestTransitions(t *testing.T) {
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	told := changed{seen: map[phaseChange]bool{}}
	for _, c := range cases {
		s := newSim(t, c)
		s.Changed = told.add
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
