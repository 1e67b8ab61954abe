package workflows

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// Unknown means that a run is bound to something that this build does not know, so that
// its tasks wait for another build.
type Unknown struct{ Needs string }

// Error says which build is needed.
func (e *Unknown) Error() string { return "needs a build that knows " + e.Needs }

// known is what this build knows of one kind of workflow.
type known struct{ minRules, rules, state int }

func (k known) check(rules int) error {
	if rules < k.minRules || rules > k.rules {
		return &Unknown{Needs: fmt.Sprintf("rules %d (this one: %d to %d)", rules, k.minRules, k.rules)}
	}
	return nil
}

// CheckBound reads the argument of a run of the named workflow, and returns an *Unknown if
// this build cannot continue the run. Any other error means that the argument is not ours.
func CheckBound(name string, argument *commonpb.Payloads) error {
	k, ok := map[string]known{journeys.name: journeys.known, spotChecks.name: spotChecks.known}[name]
	if !ok {
		return &Unknown{Needs: fmt.Sprintf("workflows of type %q", name)}
	}
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
		if v := head.Carry.State.Version; v < 1 || v > k.state {
			return &Unknown{Needs: fmt.Sprintf("state version %d (this one: 1 to %d)", v, k.state)}
		}
	}
	return k.check(rules)
}
