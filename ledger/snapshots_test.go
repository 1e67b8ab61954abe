package ledger_test

import (
	"errors"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// at is an instant, in minutes after decidedAt.
func at(minutes int) time.Time { return decidedAt.Add(time.Duration(minutes) * time.Minute) }

func mustSnapshot(t *testing.T, l *ledger.Ledger, id string, s journey.Snapshot) {
	t.Helper()
	if err := l.SaveSnapshot(t.Context(), "bank", id, s); err != nil {
		t.Fatal(err)
	}
}

func mustView(t *testing.T, l *ledger.Ledger, id string) ledger.View {
	t.Helper()
	v, err := l.View(t.Context(), "bank", id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inReview is a snapshot of a journey with every field set.
func inReview(minute int) journey.Snapshot {
	return journey.Snapshot{
		At: at(minute), Phase: journey.AwaitingReview, Since: at(1), Flow: "onboarding", Adopted: true,
		Review: &journey.Review{ID: "r1", Kind: journey.ReviewLocal, Reason: "face_mismatch", Since: at(1), Ladder: journey.Ladder{EscalateAt: at(9)}},
		Alerts: []journey.Alert{{ID: "a1", Version: 3, Severity: journey.SeverityHigh, Since: at(2), Matches: []string{"m1"}, Changes: 1}},
		Attention: []journey.AttentionItem{
			{Code: journey.AttentionVendorDenied, Since: at(3), Detail: "401"},
			{Code: journey.AttentionDeliveryParked, Since: at(4), Detail: "core"},
		},
	}
}

func TestViewShowsTheLatestSnapshot(t *testing.T) {
	t.Parallel()
	settled := journey.Snapshot{At: at(20), Phase: journey.Settled, Since: at(19), Flow: "onboarding"}
	for name, order := range map[string][]journey.Snapshot{
		"in order": {inReview(10), settled}, "late": {settled, inReview(10)}, "twice": {settled, inReview(10), settled, inReview(10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ledgertest.Each(t, func(t *testing.T, url string) {
				l := ledgertest.Open(t, url)
				for _, s := range order {
					mustSnapshot(t, l, "j1", s)
				}
				v := mustView(t, l, "j1")
				if diff := gocmp.Diff(settled, v.Snapshot); diff != "" {
					t.Errorf("snapshot: -want +got:\n%s", diff)
				}
				if v.Phase != journey.Settled || v.Review != "" || v.Flow != "onboarding" {
					t.Errorf("got %+v", v.Journey)
				}
				items, _, err := l.Reviews(t.Context(), ledger.ReviewFilter{Accounts: []string{"bank"}})
				if err != nil || len(items) != 0 {
					t.Errorf("a settled journey has reviews: %v, %v", items, err)
				}
				if open, err := l.Attention(t.Context(), []string{"bank"}); err != nil || len(open) != 0 {
					t.Errorf("a settled journey has attention: %v, %v", open, err)
				}
			})
		})
	}
}

func TestNewestInstantSetsThePhase(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		mustSave(t, l, decision("j1", 1, journey.OutcomeApproved), journey.Settled) // at(0)
		mustSnapshot(t, l, "j1", inReview(-1))
		if v := mustView(t, l, "j1"); v.Phase != journey.Settled || v.Snapshot.Phase != journey.Settled || v.Snapshot.Review == nil {
			t.Errorf("an older snapshot: got phase %s, %s, review %v", v.Phase, v.Snapshot.Phase, v.Snapshot.Review)
		}
		mustSnapshot(t, l, "j1", inReview(5))
		v := mustView(t, l, "j1")
		if diff := gocmp.Diff(inReview(5), v.Snapshot); diff != "" || v.Review != journey.ReviewLocal || v.Phase != journey.AwaitingReview {
			t.Errorf("a newer snapshot: got %+v\n%s", v.Journey, diff)
		}
		mustDo(t, l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.AwaitingResult, UpdatedAt: at(4)}))
		if v := mustView(t, l, "j1"); v.Phase != journey.AwaitingReview {
			t.Errorf("an older phase: got %s", v.Phase)
		}
		mustDo(t, l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.AwaitingReview, UpdatedAt: at(6)}))
		late := inReview(5)
		late.Since, late.Review = at(2), &journey.Review{ID: "r1", Kind: journey.ReviewVendor, Since: at(2)}
		mustSnapshot(t, l, "j1", late) // it has more detail of the same phase, although a fetch was saved after it
		if v := mustView(t, l, "j1"); v.Review != journey.ReviewVendor || !v.Snapshot.Since.Equal(at(2)) || !v.UpdatedAt.Equal(at(6)) {
			t.Errorf("got review %s since %s, updated %s", v.Review, v.Snapshot.Since, v.UpdatedAt)
		}
	})
}

func TestVersionRisesWithWhatIsShown(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		save := func(j ledger.Journey) func() error {
			j.Account, j.JourneyID = "bank", "j1"
			return func() error { return l.SaveJourney(t.Context(), j) }
		}
		snap := func(s journey.Snapshot) func() error {
			return func() error { return l.SaveSnapshot(t.Context(), "bank", "j1", s) }
		}
		decide := func(sequence int, phase journey.Phase) func() error {
			d := decision("j1", sequence, journey.OutcomeRejected)
			d.DecidedAt = at(sequence * 10)
			return func() error { _, err := l.SaveDecision(t.Context(), d, phase); return err }
		}
		overdue := inReview(7)
		overdue.Review.Ladder.Overdue = true
		mustSnapshot(t, l, "j1", inReview(5))
		before := mustView(t, l, "j1")
		for _, tc := range []struct {
			name  string
			do    func() error
			rises bool
		}{
			{"the same again", snap(inReview(5)), false},
			{"the same, later", snap(inReview(6)), false},
			{"the same phase, later", save(ledger.Journey{Phase: journey.AwaitingReview, UpdatedAt: at(6)}), false},
			{"an older phase", save(ledger.Journey{Phase: journey.CustomSteps, UpdatedAt: at(1)}), false},
			{"a detail of the review", snap(overdue), true},
			{"the reference", save(ledger.Journey{Reference: "anna@example.com", UpdatedAt: at(7)}), true},
			{"the same reference", save(ledger.Journey{Reference: "anna@example.com", UpdatedAt: at(8)}), false},
			{"a decision", decide(1, journey.AwaitingReview), true},
			{"the same decision", decide(1, journey.AwaitingReview), false},
			{"a phase", save(ledger.Journey{Phase: journey.Settled, UpdatedAt: at(12)}), true},
			{"the registration of what is known", func() error {
				return l.Register(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Reference: "anna@example.com"})
			}, false},
			{"the end", snap(journey.Snapshot{At: at(13), Phase: journey.Ended, Since: at(13)}), true},
			{"a late snapshot", snap(inReview(14)), false},
			{"erasure", func() error { return l.Erase(t.Context(), "bank", "j1", at(15)) }, true},
			{"erasure again", func() error { return l.Erase(t.Context(), "bank", "j1", at(16)) }, false},
		} {
			mustDo(t, tc.do())
			now := mustView(t, l, "j1")
			if now.Version < before.Version || (now.Version > before.Version) != tc.rises {
				t.Errorf("%s: version went from %d to %d", tc.name, before.Version, now.Version)
			}
			before = now
		}
	})
}

func TestTombstonesStay(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		want := func(id string, phase journey.Phase) {
			t.Helper()
			got, ok, err := l.Tombstone(t.Context(), "bank", id)
			if err != nil || got != phase || ok != (phase != "") {
				t.Errorf("%s: got tombstone %q, %v, %v, want %q", id, got, ok, err, phase)
			}
			if v, err := l.View(t.Context(), "bank", id); phase != "" && (err != nil || v.Phase != phase) {
				t.Errorf("%s: got phase %s, %v", id, v.Phase, err)
			}
		}
		late := func(id string) {
			t.Helper()
			mustDo(t, l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: id, Phase: journey.Settled, Reference: "late", Flow: "late", UpdatedAt: at(90)}))
			mustSnapshot(t, l, id, inReview(91))
			d := decision(id, 1, journey.OutcomeRejected)
			d.DecidedAt = at(92)
			mustSave(t, l, d, journey.AwaitingReview)
			if v := mustView(t, l, id); v.Reference != "" || v.Review != "" || v.Snapshot.Review != nil || v.Standing.Sequence != 1 {
				t.Errorf("%s: a late write changed the view: %+v", id, v)
			}
			if items, _, err := l.Reviews(t.Context(), ledger.ReviewFilter{Accounts: []string{"bank"}}); err != nil || len(items) > 0 {
				t.Errorf("%s: a review is open: %v, %v", id, items, err)
			}
		}
		want("j1", "")
		mustSnapshot(t, l, "j1", inReview(50))
		want("j1", "")
		mustSnapshot(t, l, "j1", journey.Snapshot{At: at(40), Phase: journey.Ended, Since: at(40)}) // older, but final
		want("j1", journey.Ended)
		late("j1")
		want("j1", journey.Ended)
		mustDo(t, l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.Erased, UpdatedAt: at(60)}))
		want("j1", journey.Erased)
		mustSnapshot(t, l, "j1", journey.Snapshot{At: at(95), Phase: journey.Ended, Since: at(95)})
		want("j1", journey.Erased)

		mustDo(t, l.Erase(t.Context(), "bank", "unheard", at(1)))
		want("unheard", journey.Erased)
		late("unheard")
		want("unheard", journey.Erased)
		if _, ok, err := l.Tombstone(t.Context(), "fintech", "unheard"); ok || err != nil {
			t.Errorf("another account: got %v, %v", ok, err)
		}
		if err := l.Register(t.Context(), ledger.Journey{Account: "bank", JourneyID: "unheard", Reference: "r"}); !errors.Is(err, ledger.ErrErased) {
			t.Errorf("registering: got %v, want ErrErased", err)
		}
	})
}
