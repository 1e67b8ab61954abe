package journeytest

import (
	"slices"
	"time"

	"idjourney/journey"
)

// Sim plays a case against Apply alone, on a clock of its own. Whoever drives it
// picks among the moves that are possible, so that one driver tells the story in
// order and another in any order that the world allows.
type Sim struct {
	World *World
	State journey.State
	Now   time.Time
	// Hurry lets the vendor go on without the waits of the timeline.
	Hurry bool
	// Changed is told every change of phase; it may be nil.
	Changed func(from, to journey.Phase)

	next        int       // of the timeline
	happenedAt  time.Time // the moment before
	undelivered []journey.Event
	pending     []journey.Effect
	asked       map[int]journey.FetchAnswer // answers on their way, by effect
}

// NewSim starts before the first moment.
func NewSim(w *World) *Sim {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	return &Sim{
		World: w, Now: now, happenedAt: now, asked: map[int]journey.FetchAnswer{},
		State: journey.Open(journey.Start{Account: Account, JourneyID: JourneyID, Rules: journey.Rules}, now),
	}
}

// Happens says whether the next moment of the timeline can happen now.
func (s *Sim) Happens() bool {
	at, ok := s.happensAt()
	return ok && !s.Now.Before(at) && !s.awaitsJourney()
}

// awaitsJourney says that the next moment is a person's act for which the journey is
// not there yet.
func (s *Sim) awaitsJourney() bool { return s.World.Case.Timeline[s.next].Awaits(s.State) }

func (s *Sim) happensAt() (time.Time, bool) {
	if s.next >= len(s.World.Case.Timeline) {
		return time.Time{}, false
	}
	after := s.World.Case.Timeline[s.next].After
	switch after {
	case "":
		return s.happenedAt, true
	case "complete":
		return s.happenedAt, s.World.Completed() >= s.World.Case.Completions(s.next)
	}
	d, err := time.ParseDuration(after)
	if err != nil {
		panic("case " + s.World.Case.Name + ": " + err.Error())
	}
	if s.Hurry {
		d = 0
	}
	return s.happenedAt.Add(d), true
}

// Happen lets the next moment happen; its webhooks are then undelivered.
func (s *Sim) Happen() {
	i := s.next
	s.next++
	s.happenedAt = s.Now
	s.undelivered = append(s.undelivered, s.World.Happen(i, s.Now)...)
	if _, in, ok := s.World.Case.Timeline[i].Update(s.State); ok {
		s.tell(in)
	}
}

// Undelivered counts the webhooks on their way.
func (s *Sim) Undelivered() int { return len(s.undelivered) }

// Deliver delivers a webhook that is on its way, and keeps a copy of it on its way
// if again is true.
func (s *Sim) Deliver(i int, again bool) {
	e := s.undelivered[i]
	if !again {
		s.Lose(i)
	}
	s.tell(journey.Input{Event: &e})
}

// Lose drops a webhook that is on its way.
func (s *Sim) Lose(i int) { s.undelivered = append(s.undelivered[:i:i], s.undelivered[i+1:]...) }

// Lanes counts the lanes that have an effect to answer.
func (s *Sim) Lanes() int { return len(s.heads()) }

// Asks says whether a fetch is pending that the API has not been asked for yet.
func (s *Sim) Asks() bool {
	for _, at := range s.heads() {
		if e := s.pending[at]; e.Kind == journey.EffectFetch {
			_, asked := s.asked[e.ID]
			return !asked
		}
	}
	return false
}

// Ask lets the API answer the pending fetch with the truth of this moment. The
// answer reaches the journey by Answer, when more may have happened.
func (s *Sim) Ask() {
	for _, at := range s.heads() {
		if e := s.pending[at]; e.Kind == journey.EffectFetch {
			s.asked[e.ID] = s.World.Fetch(*e.Fetch, s.Now)
		}
	}
}

// Answer answers the first effect of lane i, in the order of their first effects.
func (s *Sim) Answer(i int) {
	at := s.heads()[i]
	e := s.pending[at]
	s.pending = append(s.pending[:at:at], s.pending[at+1:]...)
	s.tell(s.answer(e))
}

func (s *Sim) heads() []int {
	var heads []int
	seen := map[string]bool{}
	for i, e := range s.pending {
		if !seen[e.Lane] {
			seen[e.Lane] = true
			heads = append(heads, i)
		}
	}
	return heads
}

func (s *Sim) answer(e journey.Effect) journey.Input {
	switch e.Kind {
	case journey.EffectFetch:
		a, asked := s.asked[e.ID]
		if !asked {
			a = s.World.Fetch(*e.Fetch, s.Now)
		}
		delete(s.asked, e.ID)
		return journey.Input{Fetched: &a}
	case journey.EffectStep:
		a, err := s.World.Step(*e.StepIn)
		if err != nil {
			a = journey.StepAnswer{Outcome: journey.StepInconclusive, Reason: StepUnavailable, Subject: e.StepIn.Subject}
		}
		return journey.Input{Stepped: &journey.Stepped{Step: e.StepIn.Step, Answer: a}}
	case journey.EffectComplete:
		a := s.World.Complete()
		return journey.Input{Completed: &a}
	case journey.EffectAML:
		a := s.World.AMLHistory(*e.AML)
		return journey.Input{AMLFetched: &a}
	case journey.EffectErase:
		a := s.World.Erase()
		return journey.Input{Erased: &a}
	default:
		a := s.World.Publish(*e.Publish)
		return journey.Input{Published: &journey.Published{MessageID: e.Publish.Message.ID, Endpoint: e.Publish.Endpoint, Lane: e.Lane, Answer: a}}
	}
}

// Wait moves the clock to the next thing that is due, not beyond until, and says
// whether there was one.
func (s *Sim) Wait(until time.Time) bool {
	due := s.State.Deadline()
	if at, ok := s.happensAt(); ok && !s.awaitsJourney() && (due.IsZero() || at.Before(due)) {
		due = at
	}
	if due.IsZero() || due.After(until) {
		s.Now = until
		return false
	}
	if due.After(s.Now) {
		s.Now = due
	}
	s.tell(journey.Input{Tick: true})
	return true
}

// Over says that the whole timeline has happened.
func (s *Sim) Over() bool { return s.next >= len(s.World.Case.Timeline) }

func (s *Sim) tell(in journey.Input) {
	for _, in := range []journey.Input{in, {Tick: true}} {
		var effects []journey.Effect
		before := s.State.Phase
		s.State, effects = journey.Apply(s.State, in, s.Now)
		if s.Changed != nil && s.State.Phase != before {
			s.Changed(before, s.State.Phase)
		}
		s.pending = append(s.pending, effects...)
	}
}

// InOrder plays the whole case in its own order: every webhook arrives at once,
// every effect is answered at once.
func (s *Sim) InOrder() {
	for waits := 0; waits < maxWaits; {
		switch {
		case s.Undelivered() > 0:
			s.Deliver(0, false)
		case s.Lanes() > 0:
			s.Answer(0)
		case s.Happens():
			s.Happen()
		case s.Wait(s.End()):
			waits++
		default:
			return
		}
	}
}

// maxWaits bounds how often a story waits; one that is stuck would look for ever.
const maxWaits = 2000

// End is when the case's expectation has to hold; far away until the timeline is over.
func (s *Sim) End() time.Time {
	if !s.Over() {
		return s.Now.Add(365 * 24 * time.Hour)
	}
	return s.happenedAt.Add(time.Duration(s.World.Case.Expect.Within))
}

// CanLose says that the loss of a webhook on its way changes no end: the journey has
// looked at all, and the API shows what the webhook says. What only a body
// carries cannot be lost.
func (s *Sim) CanLose(i int) bool {
	switch e := s.undelivered[i]; {
	case s.State.Counts.Fetches == 0 && !s.State.Look.UnderWay:
		return false
	case s.World.Case.followed(e):
		return false
	case e.Type == journey.VerificationUpdateRequired:
		return s.World.asksAgain()
	case !s.World.shows(e.Hint), e.Type == journey.AMLMonitorUpdate && e.Hint.AMLVersion == 0 && s.World.Seen(): // it may call a person, and so leave a trace
		return false
	default:
		return !slices.Contains([]journey.EventType{
			journey.KYCRenewalDeadlineExceeded, journey.Adopt, journey.StepAnswered, journey.SpotCheckFailed,
		}, e.Type)
	}
}

// Awaits says that the journey waits for something of the vendor's, so that it finds
// by itself what a lost webhook would have said. A change after it has settled is
// awaited by nobody, unless it looks from time to time.
func (s *Sim) Awaits() bool {
	return !s.State.Closed() && (s.State.Phase != journey.Settled || !s.State.Look.At.IsZero())
}

// Acts says that a person acts next. They have seen what is true.
func (s *Sim) Acts() bool {
	if s.Over() {
		return false
	}
	_, _, ok := s.World.Case.Timeline[s.next].Update(s.State)
	return ok
}

// Refresh has the journey look once more.
func (s *Sim) Refresh() {
	s.tell(journey.Input{Event: &journey.Event{Type: journey.Refresh, Account: Account, JourneyID: JourneyID, ReceivedAt: s.Now}})
}
