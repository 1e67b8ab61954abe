package journey_test

import (
	"testing"

	"idjourney/journey"
)

// A run keeps the rules that it was started with: under rules 3 a failed spot check
// opens a review whatever the policy says, and a replay must find that again.
func TestRulesBranch(t *testing.T) {
	t.Parallel()
	for rules, want := range map[int]journey.Phase{3: journey.AwaitingReview, 4: journey.Settled} {
		r := newRig(t)
		r.s.Rules, r.p.SpotCheckFailed = rules, journey.SpotCheckMeansTell
		r.look(fin("Complete"))
		r.in(journey.Input{Event: &journey.Event{Type: journey.SpotCheckFailed, Account: "acme", JourneyID: "j", Hint: journey.Hint{SpotCheck: "spot-1"}}})
		r.look(fin("Complete"))
		if r.s.Phase != want {
			t.Errorf("under rules %d the journey is in phase %s, want %s", rules, r.s.Phase, want)
		}
	}
}
