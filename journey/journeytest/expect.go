package journeytest

import (
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"idjourney/journey"
)

// Diff says how the end differs from what the case expects; "" if it does not.
func (w *World) Diff(s journey.State) string {
	want := w.Case.Expect
	want.Within = 0
	got := End(s)
	got.Decisions, got.Messages, got.Completed = w.Decisions(), w.Messages(), w.Completed() > 0
	if want.Status != "" {
		got.Status = w.Status()
	}
	if want.AML != nil {
		got.AML = w.AML()
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// End is the part of a state that every order of the same facts must lead to.
func End(s journey.State) Expect {
	e := Expect{Phase: s.Phase, Standing: s.Standing.Outcome, Alerts: len(s.AML.Alerts)}
	if s.Reviews.Open != nil {
		e.Review = string(s.Reviews.Open.Kind) + " " + s.Reviews.Open.Reason
	}
	for _, a := range s.Attention {
		e.Attention = append(e.Attention, a.Code)
	}
	slices.Sort(e.Attention)
	return e
}
