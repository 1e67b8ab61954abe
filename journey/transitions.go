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

// Transitions is the closed list of the changes of phase within one Apply. The
// picture in docs/journey.md is drawn from it, and a test holds it against what Apply
// does: nothing else happens, and each of these does.
func Transitions() []Transition {
	list := slices.Clone(transitions)
	for _, p := range openPhases {
		list = append(list, Transition{p, Ended, byEnd}, Transition{p, Erased, byErase})
	}
	for _, p := range []Phase{Expired, Unknown, Ended} {
		list = append(list, Transition{p, Erased, byErase})
	}
	return list
}

// Diagram draws the transitions as a Mermaid state diagram; what is possible in every
// open phase is drawn once.
func Diagram() string {
	var b strings.Builder
	draw := func(indent string, t Transition) {
		b.WriteString(indent + string(t.From) + " --> " + string(t.To) + ": " + t.By + "\n")
	}
	b.WriteString("stateDiagram-v2\n    [*] --> open\n    state open {\n        [*] --> awaiting_user_steps\n")
	isOpen := func(p Phase) bool { return slices.Contains(openPhases, p) }
	for _, t := range transitions {
		if isOpen(t.From) && isOpen(t.To) {
			draw("        ", t)
		}
	}
	b.WriteString("    }\n")
	for _, t := range Transitions() {
		if !isOpen(t.From) || !isOpen(t.To) && t.To != Ended && t.To != Erased {
			draw("    ", t)
		}
	}
	draw("    ", Transition{"open", Ended, byEnd})
	draw("    ", Transition{"open", Erased, byErase})
	for _, final := range []Phase{Ended, Erased} {
		b.WriteString("    " + string(final) + " --> [*]\n")
	}
	return b.String()
}

// openPhases are those of a running workflow.
var openPhases = []Phase{AwaitingUserSteps, CustomSteps, AwaitingResult, AwaitingReview, AwaitingResubmission, Settled}

// An operator may end the relationship in every open phase, and erase in all phases.
const (
	byEnd   = "end-relationship"
	byErase = "erase"
)

var transitions = []Transition{
	{AwaitingUserSteps, CustomSteps, "Finished User Steps, shown by the result"},
	{AwaitingUserSteps, AwaitingResult, "the flow has no custom steps"},
	{AwaitingUserSteps, AwaitingReview, "first seen when already referred"},
	{AwaitingUserSteps, AwaitingResubmission, "first seen when asked to submit again"},
	{AwaitingUserSteps, Settled, "first seen when already decided, or adopted"},
	{AwaitingUserSteps, Expired, "never finished, after one last look"},
	{AwaitingUserSteps, Unknown, "IDWise keeps saying that there is none"},
	{CustomSteps, AwaitingResult, "Complete Custom Step was called"},
	{CustomSteps, AwaitingReview, "what our step found needs a person"},
	{CustomSteps, AwaitingResubmission, "a reviewer asks for it again"},
	{CustomSteps, Settled, "decided, as our step passed"},
	{AwaitingResult, CustomSteps, "submitted again, our steps run for it"},
	{AwaitingResult, AwaitingReview, "referred, or a step of ours needs a person"},
	{AwaitingResult, AwaitingResubmission, "a reviewer asks for it again"},
	{AwaitingResult, Settled, "Finished Journey, shown by the result"},
	{AwaitingReview, Settled, "decided by a person, or by the ladder's end"},
	{AwaitingReview, AwaitingResubmission, "a reviewer asks for it again, or a renewal is due"},
	{AwaitingReview, AwaitingResult, "submitted again, IDWise is at work"},
	{AwaitingReview, CustomSteps, "submitted again, or a step is retried"},
	{AwaitingResubmission, CustomSteps, "submitted again, our steps run for it"},
	{AwaitingResubmission, AwaitingResult, "submitted, or nothing is asked for any more"},
	{AwaitingResubmission, AwaitingReview, "submitted and referred, missed, or asked in vain"},
	{AwaitingResubmission, Settled, "submitted or approved without, or missed and rejected"},
	{Settled, AwaitingReview, "an AML match, a spot check, a changed verdict"},
	{Settled, AwaitingResubmission, "a renewal is due, or a reviewer asks for it again"},
	{Settled, AwaitingResult, "open again at IDWise, submitted unseen"},
	{Settled, CustomSteps, "submitted and finished unseen, our steps run for it"},
	{Expired, AwaitingUserSteps, "the user comes back"},
	{Unknown, AwaitingUserSteps, "a later webhook or refresh"},
}
