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

// unlisted are the changes that allTransitions does not have.
func (c *changed) unlisted() []phaseChange {
	listed := map[phaseChange]bool{}
	for _, tr := range allTransitions() {
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
		fmt.Printf("FAIL: %s --> %s happens, but the list of transitions does not list it\n", p.from, p.to)
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
	for _, tr := range allTransitions() {
		if !told.seen[phaseChange{tr.From, tr.To}] {
			t.Errorf("%s --> %s is listed, but no case shows it", tr.From, tr.To)
		}
	}
}

// The picture in docs/journey.md is the one that the transitions draw; `make docs`
// puts it there.
func TestDiagram(t *testing.T) {
	checkGenerated(t, "```mermaid\n", "```\n", diagram())
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

// transition is a change of phase and what leads to it, in a few words for the
// picture in the docs.
type transition struct {
	From, To journey.Phase
	By       string
}

// allTransitions is the closed list of the changes of phase within one Apply. The picture
// in docs/journey.md is drawn from it: nothing else happens, and each of these does.
func allTransitions() []transition {
	list := slices.Clone(transitions)
	for _, p := range openPhases {
		list = append(list, transition{p, journey.Ended, byEnd}, transition{p, journey.Erased, byErase})
	}
	for _, p := range []journey.Phase{journey.Expired, journey.Unknown, journey.Ended} {
		list = append(list, transition{p, journey.Erased, byErase})
	}
	return list
}

// diagram draws the transitions as a Mermaid state diagram; what is possible in every
// open phase is drawn once.
func diagram() string {
	var b strings.Builder
	draw := func(indent string, t transition) {
		b.WriteString(indent + string(t.From) + " --> " + string(t.To) + ": " + t.By + "\n")
	}
	b.WriteString("stateDiagram-v2\n    [*] --> open\n    state open {\n        [*] --> awaiting_user_steps\n")
	isOpen := func(p journey.Phase) bool { return slices.Contains(openPhases, p) }
	for _, t := range transitions {
		if isOpen(t.From) && isOpen(t.To) {
			draw("        ", t)
		}
	}
	b.WriteString("    }\n")
	for _, t := range allTransitions() {
		if !isOpen(t.From) || !isOpen(t.To) && t.To != journey.Ended && t.To != journey.Erased {
			draw("    ", t)
		}
	}
	draw("    ", transition{"open", journey.Ended, byEnd})
	draw("    ", transition{"open", journey.Erased, byErase})
	for _, final := range []journey.Phase{journey.Ended, journey.Erased} {
		b.WriteString("    " + string(final) + " --> [*]\n")
	}
	return b.String()
}

// openPhases are those of a running workflow.
var openPhases = []journey.Phase{journey.AwaitingUserSteps, journey.CustomSteps, journey.AwaitingResult, journey.AwaitingReview, journey.AwaitingResubmission, journey.Settled}

// An operator may end the relationship in every open phase, and erase in all phases.
const (
	byEnd   = "end-relationship"
	byErase = "erase"
)

var transitions = []transition{
	{journey.AwaitingUserSteps, journey.CustomSteps, "Finished User Steps, shown by the result"},
	{journey.AwaitingUserSteps, journey.AwaitingResult, "the flow has no custom steps"},
	{journey.AwaitingUserSteps, journey.AwaitingReview, "first seen when already referred"},
	{journey.AwaitingUserSteps, journey.AwaitingResubmission, "first seen when asked to submit again"},
	{journey.AwaitingUserSteps, journey.Settled, "first seen when already decided, or adopted"},
	{journey.AwaitingUserSteps, journey.Expired, "never finished, after one last look"},
	{journey.AwaitingUserSteps, journey.Unknown, "IDWise keeps saying that there is none"},
	{journey.CustomSteps, journey.AwaitingResult, "Complete Custom Step was called"},
	{journey.CustomSteps, journey.AwaitingReview, "what our step found needs a person"},
	{journey.CustomSteps, journey.AwaitingResubmission, "a reviewer asks for it again"},
	{journey.CustomSteps, journey.Settled, "decided, as our step passed"},
	{journey.AwaitingResult, journey.CustomSteps, "submitted again, our steps run for it"},
	{journey.AwaitingResult, journey.AwaitingReview, "referred, or a step of ours needs a person"},
	{journey.AwaitingResult, journey.AwaitingResubmission, "a reviewer asks for it again"},
	{journey.AwaitingResult, journey.Settled, "Finished Journey, shown by the result"},
	{journey.AwaitingReview, journey.Settled, "decided by a person, or by the ladder's end"},
	{journey.AwaitingReview, journey.AwaitingResubmission, "a reviewer asks for it again, or a renewal is due"},
	{journey.AwaitingReview, journey.AwaitingResult, "submitted again, IDWise is at work"},
	{journey.AwaitingReview, journey.CustomSteps, "submitted again, or a step is retried"},
	{journey.AwaitingResubmission, journey.CustomSteps, "submitted again, our steps run for it"},
	{journey.AwaitingResubmission, journey.AwaitingResult, "submitted, or nothing is asked for any more"},
	{journey.AwaitingResubmission, journey.AwaitingReview, "submitted and referred, missed, or asked in vain"},
	{journey.AwaitingResubmission, journey.Settled, "submitted or approved without, or missed and rejected"},
	{journey.Settled, journey.AwaitingReview, "an AML match, a spot check, a changed verdict"},
	{journey.Settled, journey.AwaitingResubmission, "a renewal is due, or a reviewer asks for it again"},
	{journey.Settled, journey.AwaitingResult, "open again at IDWise, submitted unseen"},
	{journey.Settled, journey.CustomSteps, "submitted and finished unseen, our steps run for it"},
	{journey.Expired, journey.AwaitingUserSteps, "the user comes back"},
	{journey.Unknown, journey.AwaitingUserSteps, "a later webhook or refresh"},
}
