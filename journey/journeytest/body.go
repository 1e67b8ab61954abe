package journeytest

import (
	"fmt"

	"idjourney/idwise"
	"idjourney/journey"
)

// decode reads the webhook that a moment tells as the vendor sends it. Package
// starter makes events of webhooks in the same way; it stands above this package.
func (m *Moment) decode() error {
	if len(m.Body) == 0 {
		return nil
	}
	w, err := idwise.DecodeWebhook(m.Body)
	if err != nil {
		return fmt.Errorf("reading a webhook's body: %w", err)
	}
	m.Event, m.legacy = journey.EventType(w.Event), w.Legacy
	m.Hint = journey.Hint{
		System: w.System, PreviousSystem: w.PreviousSystem, Manual: w.Manual, Final: w.Final,
		Action: w.Action, Trigger: w.Trigger, AMLVersion: w.AMLVersion,
	}
	for _, step := range w.RequiredSteps {
		m.Hint.RequiredSteps = append(m.Hint.RequiredSteps, journey.RequiredStep(step))
	}
	return nil
}

// Completions is how often Complete Custom Step must have been called when moment i
// happens: once for each moment so far that waited for it.
func (c Case) Completions(i int) int {
	n := 0
	for _, m := range c.Timeline[:i+1] {
		if m.After == "complete" {
			n++
		}
	}
	return n
}
