package ledger_test

import (
	"errors"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func TestSpotCheckIsHeldUntilItIsBound(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		spot := func(id, journeyID string, outcome journey.SpotOutcome, minute int) journey.SpotDecision {
			return journey.SpotDecision{ID: "spt_" + id, Account: "bank", SpotID: id, Outcome: outcome, JourneyID: journeyID,
				Reasons: []string{"same_subject"}, DecidedAt: at(minute)}
		}
		save := func(d journey.SpotDecision, reference string) {
			t.Helper()
			mustDo(t, l.SaveSpotCheck(t.Context(), d, reference))
		}
		wantHeld := func(what string, want ...ledger.HeldSpotCheck) {
			t.Helper()
			got, err := l.HeldSpotChecks(t.Context(), []string{"bank", "none"})
			if diff := gocmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s: %v, -want +got:\n%s", what, err, diff)
			}
			unbound := 0
			for _, h := range want {
				if h.JourneyID == "" {
					unbound++
				}
			}
			open, err := l.Attention(t.Context(), []string{"bank"})
			if err != nil || len(open) != min(unbound, 1) || (unbound > 0 && open[0].Count != unbound) {
				t.Errorf("%s: got open %+v, %v, want %d unbound", what, open, err, unbound)
			}
		}
		unbound, odd := spot("s1", "", journey.SpotFailed, 2), spot("s2", "j2", journey.SpotHeld, 1)
		save(unbound, "anna")
		save(odd, "ben")
		save(spot("s3", "j3", journey.SpotPassed, 0), "cleo")
		wantHeld("at first", ledger.HeldSpotCheck{SpotDecision: odd, Reference: "ben"}, ledger.HeldSpotCheck{SpotDecision: unbound, Reference: "anna"})
		if held, err := l.HeldSpotChecks(t.Context(), []string{"fintech"}); err != nil || len(held) != 0 {
			t.Errorf("another account: got %v, %v", held, err)
		}
		linked := spot("s1", "j1", journey.SpotFailed, 5)
		save(linked, "")
		save(unbound, "anna")
		save(spot("s1", "", journey.SpotFailed, 9), "anna")
		save(spot("s2", "j2", journey.SpotPassed, 7), "ben")
		wantHeld("after the link")
		got, err := l.SpotCheck(t.Context(), "bank", "s1")
		if diff := gocmp.Diff(linked, got); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
		if _, err := l.SpotCheck(t.Context(), "fintech", "s1"); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("another account: got %v, want ErrNotFound", err)
		}
	})
}
