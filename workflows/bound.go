package workflows

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"idjourney/journey"
)

// Unknown says that a run is bound to something which this build does not know, so that
// its tasks wait for another build.
type Unknown struct{ Needs string }

// Error says which build is needed.
func (e *Unknown) Error() string { return "needs a build that knows " + e.Needs }

// CheckBound reads the argument that a run of the named workflow was started with, and
// answers with an *Unknown if this build would wait for another one. Any other error
// means that it is no argument of ours.
func CheckBound(name string, argument *commonpb.Payloads) error {
	known, ok := map[string]struct{ minRules, rules, state int }{
		journey.WorkflowName:          {journey.MinRules, journey.Rules, journey.StateVersion},
		journey.SpotCheckWorkflowName: {journey.MinSpotRules, journey.SpotRules, journey.SpotStateVersion},
	}[name]
	if !ok {
		return &Unknown{Needs: fmt.Sprintf("workflows of type %q", name)}
	}
	// What the arguments of both workflows have in common.
	var head struct {
		Rules int `json:"rules"`
		Carry *struct {
			State struct {
				Version int `json:"version"`
				Rules   int `json:"rules"`
			} `json:"state"`
		} `json:"carry"`
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(argument, &head); err != nil || head.Rules == 0 {
		return errors.New("its first event holds no argument of ours")
	}
	rules := head.Rules
	if head.Carry != nil {
		rules = head.Carry.State.Rules
		if v := head.Carry.State.Version; v < 1 || v > known.state {
			return &Unknown{Needs: fmt.Sprintf("state version %d (this one: 1 to %d)", v, known.state)}
		}
	}
	if rules < known.minRules || rules > known.rules {
		return &Unknown{Needs: fmt.Sprintf("rules %d (this one: %d to %d)", rules, known.minRules, known.rules)}
	}
	return nil
}
