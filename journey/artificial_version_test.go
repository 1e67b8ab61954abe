package journey

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// The versions that follow are artificial: no state of an older form was ever
// released. Version 1 wrote the phase as "stage", version 2 had no "openedAt".
var artificial = []func(map[string]any){
	func(s map[string]any) { s["phase"] = s["stage"]; delete(s, "stage") },
	func(s map[string]any) { s["openedAt"] = s["since"] },
}

func TestAnOlderStateIsMigratedStepByStep(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for name, raw := range map[string]string{
		"version 1": `{"version":1,"rules":1,"account":"acme","journeyId":"j","stage":"settled","since":"2026-01-05T09:00:00Z"}`,
		"version 2": `{"version":2,"rules":1,"account":"acme","journeyId":"j","phase":"settled","since":"2026-01-05T09:00:00Z"}`,
		"version 3": `{"version":3,"rules":1,"account":"acme","journeyId":"j","phase":"settled","since":"2026-01-05T09:00:00Z","openedAt":"2026-01-05T09:00:00Z"}`,
	} {
		s, err := migrate[State]([]byte(raw), artificial)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s.Version != 3 || s.Rules != 1 || s.Account != "acme" || s.Phase != Settled || !s.OpenedAt.Equal(since) {
			t.Errorf("%s is read as %+v", name, s)
		}
	}
	_, err := migrate[State]([]byte(`{"version":4}`), artificial)
	if err == nil || !strings.Contains(err.Error(), "has version 4, this worker knows 1 to 3") {
		t.Errorf("a later version: %v, want it refused", err)
	}
}

// A version without its migration, or a migration without its version, would read
// a running workflow's state wrongly.
func TestEveryVersionHasItsMigration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ version, migrations int }{
		"StateVersion":     {StateVersion, len(migrations)},
		"SpotStateVersion": {SpotStateVersion, len(spotMigrations)},
	} {
		if c.version != c.migrations+1 {
			t.Errorf("%s is %d with %d migrations", name, c.version, c.migrations)
		}
	}
	for _, raw := range []string{`{"version":1,"look":{"links":7}}`, `{"version":1,"links":`} {
		if _, err := MigrateSpot(json.RawMessage(raw)); err == nil {
			t.Errorf("%s is read as a state", raw)
		}
	}
}
