package journey_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"idjourney/journey/journeytest"
)

var (
	orderSeed = flag.Uint64("order.seed", 0, "the first seed of TestOrderDoesNotMatter")
	orderRuns = flag.Uint64("order.runs", disorders, "how many disorders TestOrderDoesNotMatter makes of each case")
)

// leastDisorders is how many different disorders one run of the tests covers.
const leastDisorders = 10_000

// Whatever the order in which webhooks arrive, how often they do, and which of them
// are lost for good: the journey ends in the same place, and what it decided on the
// way is a subsequence of what it decides when told everything in order.
//
// Every case is played in -order.runs disorders, each from a seed of its own; a
// failure names its seed and the moves that were made.
//
// To see it fail, let takeVerdict in resubmission.go forget s.Completed, so that a
// reopening which nobody saw begins no new round; or let lookAgain in look.go not look
// at once where it was Dirty, so that a hint which came during a fetch is forgotten.
func TestOrderDoesNotMatter(t *testing.T) {
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	var different atomic.Int64
	t.Run("cases", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				different.Add(int64(checkOrder(t, c)))
			})
		}
	})
	t.Logf("%d cases in %d disorders, %d of them different", len(cases), uint64(len(cases))*(*orderRuns), different.Load())
	if different.Load() < leastDisorders && *orderRuns >= 200 {
		t.Errorf("only %d different disorders were played, want at least %d", different.Load(), leastDisorders)
	}
}

// checkOrder plays one case in its order and then in many others, and says how many
// different ones these were.
func checkOrder(t *testing.T, c journeytest.Case) int {
	inOrder := newSim(t, c)
	inOrder.InOrder()
	drain(inOrder, inOrder.End().Add(settling(c)))
	want, decisions := journeytest.End(inOrder.State), inOrder.World.Decisions()
	different := map[string]bool{}
	for seed := *orderSeed; seed < *orderSeed+*orderRuns; seed++ {
		d := disorder{Sim: newSim(t, c), rand: rand.New(rand.NewPCG(seed, 0)), mayRepeat: 3, mayLose: 3}
		d.play()
		different[strings.Join(d.moves, " ")] = true
		diff := cmp.Diff(want, journeytest.End(d.State), cmpopts.EquateEmpty())
		if got := d.World.Decisions(); diff == "" && !subsequence(got, decisions) {
			diff = fmt.Sprintf("decided %v, in order it is %v", got, decisions)
		}
		if diff != "" || d.stuck {
			t.Fatalf("go test ./journey -run 'TestOrderDoesNotMatter/cases/%s$' -order.seed %d -order.runs 1\nmoves %v, stuck %v\nanother end (-in order +now):\n%s\n%s",
				c.Name, seed, d.moves, d.stuck, diff, d.State.Describe())
		}
	}
	return len(different)
}

func newSim(t *testing.T, c journeytest.Case) *journeytest.Sim {
	t.Helper()
	w, err := journeytest.NewWorld(c)
	if err != nil {
		t.Fatal(err)
	}
	s := journeytest.NewSim(w)
	s.Hurry, s.Changed = !c.Timed, changes.add
	return s
}
