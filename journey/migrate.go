package journey

import (
	"encoding/json"
	"fmt"
)

// migrations turn a state of one version into the next; the first is that of
// version 1. None is changed or removed while a run may carry its version.
var migrations, spotMigrations []func(state map[string]any)

// Migrate reads a state of any version up to [StateVersion]. A later version is an
// error: only a newer worker can read it.
func Migrate(raw []byte) (State, error) { return migrate[State](raw, migrations) }

// MigrateSpot reads a spot check's state of any version up to [SpotStateVersion].
func MigrateSpot(raw []byte) (SpotState, error) { return migrate[SpotState](raw, spotMigrations) }

// migrate reads a state whose present version is the one that the last of the steps
// leads to.
//
//workflowcheck:ignore (JSON into types of our own: the same bytes, the same state)
func migrate[S any](raw []byte, steps []func(map[string]any)) (s S, err error) {
	present := len(steps) + 1
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return s, fmt.Errorf("a %T must be a JSON object with a version: %w", s, err)
	}
	if head.Version < 1 || head.Version > present {
		return s, fmt.Errorf("a %T has version %d, this worker knows 1 to %d", s, head.Version, present)
	}
	if head.Version < present {
		var old map[string]any
		if err := json.Unmarshal(raw, &old); err != nil {
			return s, fmt.Errorf("reading a %T of version %d: %w", s, head.Version, err)
		}
		for _, step := range steps[head.Version-1:] {
			step(old)
		}
		old["version"] = present
		if raw, err = json.Marshal(old); err != nil {
			return s, fmt.Errorf("writing a %T of version %d: %w", s, present, err)
		}
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("reading a %T of version %d: %w", s, head.Version, err)
	}
	return s, nil
}
