package journeytest

import (
	"fmt"
	"strings"

	"idjourney/journey"
)

// AML are the AML changes the customer was told, in order, as [Expect] has them.
func (w *World) AML() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var changes []string
	for _, m := range w.published {
		if m.AML == nil {
			continue
		}
		text := fmt.Sprintf("%d %s", m.AML.Version, m.AML.Severity)
		for _, part := range []struct {
			name string
			ids  []string
		}{{"added", m.AML.Added}, {"changed", m.AML.Changed}, {"removed", m.AML.Removed}} {
			if len(part.ids) > 0 {
				text += " " + part.name + ":" + strings.Join(part.ids, ",")
			}
		}
		if m.AML.Gap {
			text += " gap"
		}
		changes = append(changes, text)
	}
	return changes
}

// Status is what the customer's app shows: of the last snapshot that the ledger was
// told, and of the last decision that the customer's endpoint took.
func (w *World) Status() journey.CustomerStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	var last journey.Decision
	for _, m := range w.published {
		if d := m.Decision; d != nil && d.Sequence > last.Sequence {
			last = *d
		}
	}
	return journey.StatusOf(w.snapshot.Phase, last.Outcome)
}

// Forwarded are the webhooks that reach the journey: those of one that the ledger
// knows to be over, for good, are not forwarded.
func (w *World) Forwarded(events []journey.Event) []journey.Event {
	if w.Over() {
		return nil
	}
	return events
}

// Over says that the ledger knows the journey to be over for good.
func (w *World) Over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.snapshot.Phase == journey.Ended || w.snapshot.Phase == journey.Erased
}
