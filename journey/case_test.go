package journey_test

import (
	"testing"

	"idjourney/journey/journeytest"
)

// Each case, told in its own order, ends as it says.
func TestCases(t *testing.T) {
	cases, err := journeytest.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			w, err := journeytest.NewWorld(c)
			if err != nil {
				t.Fatal(err)
			}
			sim := journeytest.NewSim(w)
			sim.InOrder()
			if !sim.Over() {
				t.Fatalf("the story is stuck: %s", sim.State.Describe())
			}
			if diff := w.Diff(sim.State); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s\nstate: %s", c.About, diff, sim.State.Describe())
			}
		})
	}
}
