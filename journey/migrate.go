package journey

import (
	"encoding/json"
	"errors"
	"fmt"
)

// migrations turn a state of one version into the next; the first is that of
// version 1. None is ever changed or taken away while a run may carry its version.
var migrations = []func(map[string]any){
	// 1 to 2: a review's clock runs from when it was opened.
	func(s map[string]any) {
		if review, ok := s["review"].(map[string]any); ok {
			s["clock"] = map[string]any{"since": review["since"]}
		}
	},
}

// Migrate reads a state of any version up to [StateVersion]. A later one is an
// error: only a newer worker can read it.
//
//workflowcheck:ignore (JSON into types of our own: the same bytes, the same state)
func Migrate(raw []byte) (State, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return State{}, errors.New("the journey's state is no JSON object with a version")
	}
	if head.Version < 1 || head.Version > StateVersion {
		return State{}, fmt.Errorf("the journey's state has version %d, this worker knows 1 to %d", head.Version, StateVersion)
	}
	if head.Version < StateVersion {
		var old map[string]any
		if err := json.Unmarshal(raw, &old); err != nil {
			return State{}, errors.New("the journey's state is no JSON object")
		}
		for _, migrate := range migrations[head.Version-1:] {
			migrate(old)
		}
		old["version"] = StateVersion
		var err error
		if raw, err = json.Marshal(old); err != nil {
			return State{}, fmt.Errorf("writing the migrated state: %w", err)
		}
	}
	var s State
	if err := json.Unmarshal(raw, &s); err != nil {
		return State{}, fmt.Errorf("reading a journey's state of version %d: %w", head.Version, err)
	}
	return s, nil
}
