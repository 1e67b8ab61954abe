package journeytest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"idjourney/journey"
)

// World is the vendor, the custom steps and the customer's endpoint of one case.
// It is safe for concurrent use.
type World struct {
	Case   Case
	Policy journey.Policy
	// OnComplete is called when Complete Custom Step is; it may be nil.
	OnComplete func()

	mu        sync.Mutex
	truth     string
	next      string // shown from nextAt on
	nextAt    time.Time
	completed int
	stepped   map[string]int
	published []journey.Message
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
	return &World{Case: c, Policy: p, truth: "missing", stepped: map[string]int{}}, nil
}

// Happen makes moment i true and returns its webhooks, none if it has no event.
func (w *World) Happen(i int, now time.Time) []journey.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.Case.Timeline[i]
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
func (w *World) Fetch(now time.Time) journey.FetchAnswer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next != "" && !now.Before(w.nextAt) {
		w.truth, w.next = w.next, ""
	}
	answer := journey.FetchAnswer{Policy: w.Policy}
	switch v, ok := w.Case.Truths[w.truth]; {
	case ok:
		answer.Verdict = &v
	case w.truth == "missing":
		answer.Problem = journey.ProblemMissing
	case w.truth == "denied":
		answer.Problem = journey.ProblemDenied
	default:
		panic(fmt.Sprintf("case %s has no truth %q", w.Case.Name, w.truth))
	}
	return answer
}

// Step answers as a custom step's activity does.
func (w *World) Step(in journey.StepInput) (journey.StepAnswer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stepped[in.Step]++
	answer, ok := w.Case.Steps[in.Step]
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
	if in.Message.Type == "" {
		return journey.PublishAnswer{} // for the ledger alone
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.published {
		if m.ID == in.Message.ID {
			return journey.PublishAnswer{Status: 200}
		}
	}
	w.published = append(w.published, in.Message)
	return journey.PublishAnswer{Status: 200}
}

// Completed says how often Complete Custom Step was called.
func (w *World) Completed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.completed
}

// Decisions are the decisions the customer was told, as "outcome source".
func (w *World) Decisions() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	decisions := []string{}
	for _, m := range w.published {
		if m.Decision != nil {
			decisions = append(decisions, string(m.Decision.Outcome)+" "+string(m.Decision.Source))
		}
	}
	return decisions
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
