package journey

import (
	"slices"
	"strings"
)

// Transition is a change of phase and what leads to it, in a few words for the
// picture in the docs.
type Transition struct {
	From, To Phase
	By       string
}

// Transitions is the closed list of the changes of phase within one Step. The
// picture in docs/journey.md is drawn from it, and a test holds it against what Step
// does: nothing else happens, and each of these does.
func Transitions() []Transition { return slices.Clone(transitions) }

// Diagram draws the transitions as a Mermaid state diagram.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> awaiting_user_steps\n")
	for _, t := range transitions {
		b.WriteString("    " + string(t.From) + " --> " + string(t.To) + ": " + t.By + "\n")
	}
	for _, final := range []Phase{Ended, Erased} {
		b.WriteString("    " + string(final) + " --> [*]\n")
	}
	return b.String()
}

var transitions = []Transition{}
