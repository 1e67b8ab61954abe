package journey_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

// The form of a spot check's state is what a held one carries from run to run: a field
// that is renamed or gone is lost to it. So a form that differs needs a new
// SpotStateVersion, with a file of its own here and a migration where the workflow reads
// the old ones; UPDATE_STATES=1 writes the form as long as it was not released.
func TestASpotChecksStateHasTheFormOfItsVersion(t *testing.T) {
	t.Parallel()
	var full journey.SpotState
	fill(reflect.ValueOf(&full).Elem(), 0)
	full.Version, full.Rules = journey.SpotStateVersion, journey.SpotRules
	got := indented(t, full)
	want := golden(t, "spotcheck.v"+strconv.Itoa(journey.SpotStateVersion)+".json", got)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the form has changed (-want +got):\n%s", diff)
	}
	for version := 1; version <= journey.SpotStateVersion; version++ {
		var again journey.SpotState
		if err := json.Unmarshal(golden(t, "spotcheck.v"+strconv.Itoa(version)+".json", nil), &again); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if diff := cmp.Diff(full, again); version == journey.SpotStateVersion && diff != "" {
			t.Errorf("a state does not survive its JSON form (-want +got):\n%s", diff)
		}
	}
}
