package config

import (
	"strings"
	"testing"

	"idjourney/idwise"
)

func TestLiveAccountNeedsConfirmedPaths(t *testing.T) {
	t.Parallel()
	confirmed := `paths:
      - { operation: journey_result, path: "/journey/v2/{journey_id}", confirmed: true }
      - { operation: complete_custom_step, path: /journey/v2/complete-custom-step, confirmed: true }`
	tests := map[string]struct{ replacement, want string }{
		"none":            {"", "accounts[acme] is live, and nobody has confirmed the paths of journey_result, complete_custom_step: run idjourney doctor --account acme"},
		"one":             {strings.Join(strings.Split(confirmed, "\n")[:2], "\n"), "the paths of complete_custom_step:"},
		"listed unmarked": {strings.ReplaceAll(confirmed, ", confirmed: true", ""), "the paths of journey_result, complete_custom_step:"},
		"all":             {confirmed, ""},
		"accepted":        {"accept_unconfirmed_paths: true", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := exampleText(t) + strings.Replace(live, "accept_unconfirmed_paths: true", tt.replacement, 1)
			if tt.want == "" {
				mustRead(t, text, liveEnviron())
				return
			}
			wantFault(t, text, liveEnviron(), tt.want)
			if _, err := read(strings.NewReader(text), liveEnviron(), false); err != nil {
				t.Errorf("the doctor cannot read it: %v", err)
			}
		})
	}
}

// Paths are tried in a sandbox, so it starts with unconfirmed ones; a step that submits
// a face needs one path more.
func TestUnconfirmedPathsOfASandbox(t *testing.T) {
	t.Parallel()
	c := mustRead(t, exampleText(t), baseEnviron())
	var got []idwise.Operation
	for _, e := range c.Accounts[0].UnconfirmedPaths() {
		got = append(got, e.Operation)
	}
	want := []idwise.Operation{idwise.JourneyResult, idwise.ProcessCustomStep, idwise.CompleteCustomStep}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("UnconfirmedPaths = %v, want %v", got, want)
	}
}

// A path that no decision depends on does not stop a live account from starting.
func TestOptionalPathsNeedNoMark(t *testing.T) {
	t.Parallel()
	c := mustRead(t, exampleText(t), baseEnviron())
	for _, e := range c.Accounts[0].UnconfirmedPaths() {
		switch e.Operation {
		case idwise.StartJourney, idwise.DeleteJourney, idwise.ReadAMLHistory, idwise.ReadSpotCheck:
			t.Errorf("%s is optional, but must be marked", e.Operation)
		}
	}
}
