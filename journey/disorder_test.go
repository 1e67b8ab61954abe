package journey_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"idjourney/journey"
	"idjourney/journey/journeytest"
)

// disorder plays a case in another order than its own.
type disorder struct {
	*journeytest.Sim
	rand               *rand.Rand
	mayRepeat, mayLose int
	lost               int
	refreshed          time.Time
	moves              []string
	stuck              bool
}

// maxWaits bounds how often a story may have to wait; no story is that long.
const maxWaits = 2000

type move struct {
	name string
	do   func()
}

// play picks among everything that is possible: the vendor goes on, any webhook
// arrives, arrives and stays on its way as a duplicate, or is lost, any lane answers.
// Time passes only when nothing else is possible, because a silence that ends before
// the webhooks are there is another story. Then the journey is left alone for long
// enough to find by itself what it awaits.
func (d *disorder) play() {
	waits := 0
	for !d.Over() || d.Undelivered() > 0 || d.Lanes() > 0 {
		if possible := d.possible(); len(possible) > 0 {
			m := possible[d.rand.IntN(len(possible))]
			d.moves = append(d.moves, m.name)
			m.do()
		} else if d.reconcile() {
			continue
		} else if waits++; waits > maxWaits || !d.Wait(d.End()) && !d.Over() {
			d.stuck = true
			return
		}
	}
	drain(d.Sim, d.End().Add(settling(d.World.Case)))
	if d.reconcile() {
		drain(d.Sim, d.Now.Add(settling(d.World.Case)))
	}
}

func (d *disorder) possible() []move {
	var moves []move
	unseen := d.lost > 0 && !d.World.Seen()
	if d.Happens() && (!unseen || !d.Acts()) {
		moves = append(moves, move{"happen", d.Happen})
	}
	if d.Asks() {
		moves = append(moves, move{"ask", d.Ask})
	}
	for i := range d.Lanes() {
		moves = append(moves, move{fmt.Sprint("answer", i), func() { d.Answer(i) }})
	}
	for i := range d.Undelivered() {
		moves = append(moves, move{fmt.Sprint("deliver", i), func() { d.Deliver(i, false) }})
		if d.mayRepeat > 0 {
			moves = append(moves, move{fmt.Sprint("repeat", i), func() { d.mayRepeat--; d.Deliver(i, true) }})
		}
		if d.mayLose > 0 && d.CanLose(i) {
			moves = append(moves, move{fmt.Sprint("lose", i), func() { d.mayLose--; d.lost++; d.Lose(i) }})
		}
	}
	return moves
}

// reconcile is an operator's refresh, where a webhook was lost that the journey had
// no reason to await: it was settled, or closed. What it awaits it has to find. It
// comes before a person acts and before any time passes, so that nothing is over before anyone looked.
func (d *disorder) reconcile() bool {
	if d.lost == 0 || d.Awaits() && !d.Acts() || d.World.Seen() || d.refreshed.Equal(d.Now) {
		return false
	}
	d.refreshed = d.Now
	d.moves = append(d.moves, "refresh")
	d.Refresh()
	return true
}

// settling is how long after its last moment a story is left alone, so that every
// deadline has passed and every look that replaces a lost webhook has been taken.
func settling(c journeytest.Case) time.Duration {
	longest := time.Duration(0)
	for _, l := range c.Ladders {
		longest = max(longest, time.Duration(l.EscalateAt), time.Duration(l.FinallyAt))
	}
	if c.Hours != nil {
		longest *= 7 // a working day has at least four hours, a week five of them
	}
	for _, m := range c.Timeline {
		if m.Event == journey.VerificationUpdateRequired {
			longest = max(longest, 31*24*time.Hour)
		}
	}
	return longest + 26*time.Hour
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
