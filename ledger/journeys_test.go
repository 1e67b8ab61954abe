package ledger_test

import (
	"errors"
	"testing"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func TestSaveJourney(t *testing.T) {
	t.Parallel()
	type j = ledger.Journey
	for _, tc := range []struct {
		name  string
		saves []j
		want  j
	}{
		{"newer overwrites older",
			[]j{{Reference: "r1", Flow: "f1", Phase: journey.CustomSteps, UpdatedAt: at(1)}, {Reference: "r2", Flow: "f2", Phase: journey.Settled, UpdatedAt: at(2)}},
			j{Reference: "r2", Flow: "f2", Phase: journey.Settled, UpdatedAt: at(2)}},
		{"older does not overwrite newer",
			[]j{{Reference: "r2", Flow: "f2", Phase: journey.Settled, UpdatedAt: at(2)}, {Reference: "r1", Flow: "f1", Phase: journey.CustomSteps, UpdatedAt: at(1)}},
			j{Reference: "r2", Flow: "f2", Phase: journey.Settled, UpdatedAt: at(2)}},
		{"older fills in what is unknown",
			[]j{{Phase: journey.Settled, UpdatedAt: at(2)}, {Reference: "r1", Flow: "f1", Phase: journey.CustomSteps, UpdatedAt: at(1)}},
			j{Reference: "r1", Flow: "f1", Phase: journey.Settled, UpdatedAt: at(2)}},
		{"empty overwrites nothing",
			[]j{{Reference: "r1", Flow: "f1", Phase: journey.Settled, UpdatedAt: at(1)}, {UpdatedAt: at(2)}},
			j{Reference: "r1", Flow: "f1", Phase: journey.Settled, UpdatedAt: at(1)}},
		{"what has no phase does not hold up a phase",
			[]j{{Phase: journey.CustomSteps, UpdatedAt: at(1)}, {Reference: "r1", UpdatedAt: at(3)}, {Phase: journey.Settled, UpdatedAt: at(2)}},
			j{Reference: "r1", Phase: journey.Settled, UpdatedAt: at(2)}},
		{"nor does it at first",
			[]j{{Reference: "r1", UpdatedAt: at(9)}, {Phase: journey.CustomSteps, UpdatedAt: at(1)}, {Phase: journey.Settled, UpdatedAt: at(2)}},
			j{Reference: "r1", Phase: journey.Settled, UpdatedAt: at(2)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ledgertest.Each(t, func(t *testing.T, url string) {
				l := ledgertest.Open(t, url)
				for _, save := range append(tc.saves, tc.saves...) { // and all again
					save.Account, save.JourneyID = "bank", "j1"
					if err := l.SaveJourney(t.Context(), save); err != nil {
						t.Fatal(err)
					}
				}
				want := tc.want
				want.Account, want.JourneyID = "bank", "j1"
				wantJourney(t, l, want)
				if _, err := l.Journey(t.Context(), "fintech", "j1"); !errors.Is(err, ledger.ErrNotFound) {
					t.Errorf("another account: got %v, want ErrNotFound", err)
				}
			})
		})
	}
}
