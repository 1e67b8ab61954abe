package journey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"idjourney/journey/journeytest"
)

// settling is how long after its last moment a story is left alone, so that every
// look which replaces a lost webhook has been taken.
const settling = 26 * time.Hour

// Whatever the order in which webhooks arrive, how often they do, and which of
// them are lost for good: the journey ends in the same place, and what it decided
// on the way is a subsequence of what it decides when told everything in order.
//
// To see it fail, let claim in claim.go forget UserStepsHinted, or let lookAgain
// in look.go ignore Dirty.
func TestOrderDoesNotMatter(t *testing.T) {
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			inOrder := play(t, c, (*journeytest.Sim).InOrder)
			want, decisions := journeytest.End(inOrder.State), inOrder.World.Decisions()
			rapid.Check(t, func(t *rapid.T) {
				got := play(t, c, func(s *journeytest.Sim) { disorder(t, s) })
				if diff := cmp.Diff(want, journeytest.End(got.State), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("another end (-in order +now):\n%s", diff)
				}
				if !subsequence(got.World.Decisions(), decisions) {
					t.Fatalf("decided %v, in order it is %v", got.World.Decisions(), decisions)
				}
			})
		})
	}
}

type fataler interface{ Fatal(...any) }

func play(t fataler, c journeytest.Case, drive func(*journeytest.Sim)) *journeytest.Sim {
	w, err := journeytest.NewWorld(c)
	if err != nil {
		t.Fatal(err)
	}
	s := journeytest.NewSim(w)
	drive(s)
	drain(s, s.End().Add(settling))
	return s
}

// disorder picks among everything that is possible: the vendor goes on, any
// webhook arrives, arrives and stays on its way as a duplicate, or is lost, any
// lane answers. Time passes only when nothing else is possible, because a silence
// that ends before the webhooks are there is another story.
func disorder(t *rapid.T, s *journeytest.Sim) {
	s.Hurry = true
	again, lost := 3, 3
	for !s.Over() || s.Undelivered() > 0 || s.Lanes() > 0 {
		var moves []func()
		if s.Happens() {
			moves = append(moves, s.Happen)
		}
		if s.Asks() {
			moves = append(moves, s.Ask)
		}
		for i := range s.Lanes() {
			moves = append(moves, func() { s.Answer(i) })
		}
		for i := range s.Undelivered() {
			moves = append(moves, func() { s.Deliver(i, false) })
			if again > 0 {
				moves = append(moves, func() { again--; s.Deliver(i, true) })
			}
			if lost > 0 && s.CanLose(i) {
				moves = append(moves, func() { lost--; s.Lose(i) })
			}
		}
		if len(moves) == 0 {
			if !s.Wait(s.End()) && !s.Over() {
				t.Fatalf("the story is stuck: %s", s.State.Describe())
			}
			continue
		}
		moves[rapid.IntRange(0, len(moves)-1).Draw(t, "move")]()
	}
}

// drain lets time pass with everything answered at once.
func drain(s *journeytest.Sim, until time.Time) {
	for {
		if s.Lanes() > 0 {
			s.Answer(0)
		} else if !s.Wait(until) {
			return
		}
	}
}

func subsequence(got, of []string) bool {
	for _, g := range got {
		i := slices.Index(of, g)
		if i < 0 {
			return false
		}
		of = of[i+1:]
	}
	return true
}
