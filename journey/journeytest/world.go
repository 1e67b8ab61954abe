package journeytest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"idjourney/calendar"
	"idjourney/journey"
)

// World is the vendor, the custom steps and the customer's endpoint of one case.
// It is safe for concurrent use.
type World struct {
	Case   Case
	Policy journey.Policy
	// Ladders are those of the case.
	Ladders []calendar.Declared
	// OnComplete is called when Complete Custom Step is; it may be nil.
	OnComplete func()

	mu        sync.Mutex
	truth     string
	next      string // shown from nextAt on
	nextAt    time.Time
	shown     string // by the last fetch
	completed int
	stepped   map[string]int
	published []journey.Message // told to the customer
	recorded  []journey.Message // told to the ledger alone
	steps     map[string]journey.StepAnswer
	refuses   bool
	snapshot  journey.Snapshot // by the ledger
	began     time.Time        // of the story
}

// StepUnavailable is the code that a failing step's activity fails with, in every
// layer: the type of its ApplicationError.
const StepUnavailable = "source_unavailable"

// ErrStepUnavailable is what a step without an answer fails with.
var ErrStepUnavailable = errors.New("the step's source is unavailable")

// NewWorld is the world of a case before anything has happened in it.
func NewWorld(c Case) (*World, error) {
	p, err := c.policy()
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.Name, err)
	}
	ladders, err := c.ladders()
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.Name, err)
	}
	steps := maps.Clone(c.Steps)
	if steps == nil {
		steps = map[string]journey.StepAnswer{}
	}
	return &World{Case: c, Policy: p, Ladders: ladders, truth: "missing", stepped: map[string]int{}, steps: steps}, nil
}

// Happen makes moment i true and returns its webhooks, none if it has no event.
func (w *World) Happen(i int, now time.Time) []journey.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.Case.Timeline[i]
	if w.began.IsZero() {
		w.began = now
	}
	maps.Copy(w.steps, m.Steps)
	if m.Endpoint != "" {
		w.refuses = m.Endpoint == "refuses"
	}
	if m.Truth != "" {
		w.next, w.nextAt = m.Truth, now.Add(time.Duration(m.Late))
	}
	if m.Event == "" {
		return nil
	}
	var events []journey.Event
	for range max(1, m.Times) {
		events = append(events, w.Case.event(i, now))
	}
	return events
}

// Fetch answers as the activity Fetch does.
func (w *World) Fetch(in journey.FetchInput, now time.Time) journey.FetchAnswer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next != "" && !now.Before(w.nextAt) {
		w.truth, w.next = w.next, ""
	}
	w.shown = w.truth
	answer := journey.FetchAnswer{Policy: w.Policy}
	if in.WantBaseline {
		answer.Baseline = w.baseline()
	}
	switch v, ok := w.Case.Truths[w.truth]; {
	case ok:
		if w.Case.EndedAgo > 0 && v.Ended {
			v.EndedAt = w.began.Add(-time.Duration(w.Case.EndedAgo))
		}
		answer.Verdict = &v
		for _, l := range w.Ladders {
			clock := journey.Clock{}
			if l.Name == journey.LadderReview {
				clock = in.Clock
			}
			answer.Ladders = append(answer.Ladders, l.Ladder(clock, now))
		}
	case w.truth == "missing":
		answer.Problem = journey.ProblemMissing
	case w.truth == "denied":
		answer.Problem = journey.ProblemDenied
	default:
		panic(fmt.Sprintf("case %s has no truth %q", w.Case.Name, w.truth))
	}
	return answer
}

// Seen says that the last fetch showed what is true now.
func (w *World) Seen() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next == "" && w.shown == w.truth
}

// asksAgain says that the API shows, or soon will, a reviewer's request to submit
// something again.
func (w *World) asksAgain() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.HasPrefix(w.Case.Truths[cmp.Or(w.next, w.truth)].Final, "Resubmission")
}

// shows says that the API shows, or soon will, the decisions that a webhook tells.
func (w *World) shows(h journey.Hint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.Case.Truths[cmp.Or(w.next, w.truth)]
	same := func(hinted, shown string) bool { return hinted == "" || hinted == shown }
	return same(h.System, v.System) && same(h.Manual, v.Manual) && same(h.Final, v.Final)
}

// Step answers as a custom step's activity does.
func (w *World) Step(in journey.StepInput) (journey.StepAnswer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stepped[in.Step]++
	answer, ok := w.steps[in.Step]
	if !ok {
		return answer, ErrStepUnavailable
	}
	if answer.Subject == "" {
		answer.Subject = in.Subject
	}
	return answer, nil
}

// Complete takes Complete Custom Step.
func (w *World) Complete() journey.CompleteAnswer {
	w.mu.Lock()
	w.completed++
	call := w.OnComplete
	w.mu.Unlock()
	if call != nil {
		call()
	}
	return journey.CompleteAnswer{}
}

// Publish takes a message as the customer's endpoint does.
func (w *World) Publish(in journey.PublishInput) journey.PublishAnswer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := in.Snapshot; s != nil && s.At.After(w.snapshot.At) {
		w.snapshot = *s
	}
	if in.Message.Type == "" {
		return journey.PublishAnswer{} // for the ledger alone
	}
	if in.Endpoint == "" {
		w.recorded = append(w.recorded, in.Message)
		return journey.PublishAnswer{}
	}
	for _, m := range w.published {
		if m.ID == in.Message.ID {
			return journey.PublishAnswer{Status: 200}
		}
	}
	if w.refuses {
		w.recorded = append(w.recorded, in.Message) // the ledger has it all the same
		return journey.PublishAnswer{Parked: true, Status: 400}
	}
	w.published = append(w.published, in.Message)
	return journey.PublishAnswer{Status: 200}
}

// AMLHistory answers as the activity FetchAMLHistory does.
func (w *World) AMLHistory(in journey.AMLInput) journey.AMLHistory {
	if len(w.Case.History) == 0 {
		return journey.AMLHistory{Problem: journey.ProblemDenied}
	}
	var answer journey.AMLHistory
	for _, change := range w.Case.History {
		if change.Version >= in.From && change.Version <= in.To {
			answer.Changes = append(answer.Changes, change)
		}
	}
	return answer
}

// Erase answers as the activity Erase does.
func (w *World) Erase() journey.EraseAnswer { return journey.EraseAnswer{} }

// Completed says how often Complete Custom Step was called.
func (w *World) Completed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.completed
}

// Decisions are the decisions that were recorded or told, by their number, as
// "outcome source".
func (w *World) Decisions() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	bySequence := map[int]string{}
	for _, m := range slices.Concat(w.recorded, w.published) {
		if d := m.Decision; d != nil {
			bySequence[d.Sequence] = string(d.Outcome) + " " + string(d.Source)
		}
	}
	decisions := []string{}
	for _, sequence := range slices.Sorted(maps.Keys(bySequence)) {
		decisions = append(decisions, bySequence[sequence])
	}
	return decisions
}

// baseline is the ledger's last word on the journey, nil if it has none.
func (w *World) baseline() *journey.Standing {
	var last *journey.Standing
	for _, m := range slices.Concat(w.recorded, w.published) {
		if d := m.Decision; d != nil && (last == nil || d.Sequence > last.Sequence) {
			last = &journey.Standing{Outcome: d.Outcome, Sequence: d.Sequence, Since: d.DecidedAt}
		}
	}
	return last
}

// Told are the decisions that the customer's endpoint has taken, by their numbers.
func (w *World) Told() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sequences []int
	for _, m := range w.published {
		if m.Decision != nil {
			sequences = append(sequences, m.Decision.Sequence)
		}
	}
	return sequences
}

// Messages counts the messages the customer was told, by type.
func (w *World) Messages() map[journey.MessageType]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := map[journey.MessageType]int{}
	for _, m := range w.published {
		counts[m.Type]++
	}
	return counts
}
