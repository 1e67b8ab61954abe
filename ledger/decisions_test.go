package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

var decidedAt = time.Date(2026, 11, 1, 12, 0, 0, 987654321, time.UTC)

func decision(journeyID string, sequence int, outcome journey.Outcome) journey.Decision {
	return journey.Decision{
		ID: journey.DecisionID("bank", journeyID, sequence), Account: "bank", JourneyID: journeyID, Sequence: sequence,
		Outcome: outcome, Source: journey.SourceVendor, System: "Complete", Final: "Complete", AMLMatches: 1,
		Reasons: []string{"a", "b"}, Supersedes: sequence - 1, PolicyVersion: "0123456789ab", DecidedBy: "vendor",
		DecidedAt: decidedAt.Add(time.Duration(sequence) * time.Minute), Fingerprint: "f",
	}
}

func mustSave(t *testing.T, l *ledger.Ledger, d journey.Decision, phase journey.Phase) {
	t.Helper()
	if _, err := l.SaveDecision(t.Context(), d, phase); err != nil {
		t.Fatal(err)
	}
}

func TestDecisionBecomesTheStanding(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		if err := l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Reference: "ref", Flow: "f1",
			Phase: journey.AwaitingResult, UpdatedAt: decidedAt}); err != nil {
			t.Fatal(err)
		}
		d := decision("j1", 1, journey.OutcomeApproved)
		mustSave(t, l, d, journey.Settled)
		mustSave(t, l, d, journey.Settled) // again: nothing changes
		inOtherZone := d
		inOtherZone.DecidedAt = d.DecidedAt.In(time.FixedZone("elsewhere", 3600))
		mustSave(t, l, inOtherZone, journey.Settled) // the same instant is the same decision

		want := ledger.Journey{Account: "bank", JourneyID: "j1", Reference: "ref", Flow: "f1", Phase: journey.Settled,
			Standing:  journey.Standing{Outcome: journey.OutcomeApproved, Sequence: 1, Since: d.DecidedAt},
			UpdatedAt: d.DecidedAt}
		wantJourney(t, l, want)
		wantDecisions(t, l, "j1", d)
	})
}

func TestConflictingDecisionChangesNothing(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		d := decision("j1", 1, journey.OutcomeApproved)
		mustSave(t, l, d, journey.Settled)
		other := d
		other.Reasons = []string{"another reason"}
		if _, err := l.SaveDecision(t.Context(), other, journey.AwaitingReview); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("got %v, want ErrConflict", err)
		}
		wantDecisions(t, l, "j1", d)
		wantJourney(t, l, ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.Settled,
			Standing:  journey.Standing{Outcome: journey.OutcomeApproved, Sequence: 1, Since: d.DecidedAt},
			UpdatedAt: d.DecidedAt})
	})
}

func TestStandingIsNeverLowered(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		first, second := decision("j1", 1, journey.OutcomeApproved), decision("j1", 2, journey.OutcomeOnHold)
		mustSave(t, l, second, journey.AwaitingReview)
		mustSave(t, l, first, journey.Settled) // late
		want := ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.AwaitingReview,
			Standing:  journey.Standing{Outcome: journey.OutcomeOnHold, Sequence: 2, Since: second.DecidedAt},
			UpdatedAt: second.DecidedAt}
		wantJourney(t, l, want)
		wantDecisions(t, l, "j1", first, second)

		// SaveJourney never changes the standing, however new it is.
		if err := l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Phase: journey.Settled,
			Standing: journey.Standing{Outcome: journey.OutcomeApproved, Sequence: 9}, UpdatedAt: decidedAt.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		want.Phase, want.UpdatedAt = journey.Settled, decidedAt.Add(time.Hour)
		wantJourney(t, l, want)
	})
}

func TestSaveDecisionRefusesAnIncompleteDecision(t *testing.T) {
	t.Parallel()
	l := ledgertest.Open(t, ledgertest.SQLite(t))
	for name, change := range map[string]func(*journey.Decision){
		"no account":   func(d *journey.Decision) { d.Account = "" },
		"no sequence":  func(d *journey.Decision) { d.Sequence = 0 },
		"no outcome":   func(d *journey.Decision) { d.Outcome = "" },
		"no time":      func(d *journey.Decision) { d.DecidedAt = time.Time{} },
		"another's id": func(d *journey.Decision) { d.ID = journey.DecisionID("bank", "j2", 1) },
	} {
		d := decision("j1", 1, journey.OutcomeApproved)
		change(&d)
		if _, err := l.SaveDecision(t.Context(), d, journey.Settled); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	wantDecisions(t, l, "j1")
}

// A reader who continues from the last position sees every decision, even if writers
// commit at the same time.
func TestFeedMissesNothing(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		ledgers := []*ledger.Ledger{ledgertest.Open(t, url), ledgertest.Open(t, url)}
		const writers, each = 6, 10
		var together sync.WaitGroup
		for w := range writers {
			together.Go(func() {
				for n := range each {
					d := decision(fmt.Sprintf("j%d", w), n+1, journey.OutcomeOnHold)
					if _, err := ledgers[w%2].SaveDecision(t.Context(), d, journey.Settled); err != nil {
						t.Error(err)
					}
				}
			})
		}
		seen := map[string]int{}
		after, total := int64(0), 0
		eventually(t, "the feed has brought every decision", func() bool {
			items, err := ledgers[0].DecisionFeed(t.Context(), []string{"none", "bank"}, after, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range items {
				if item.Position <= after {
					t.Fatalf("position %d follows %d", item.Position, after)
				}
				after = item.Position
				if got, want := item.Decision.Sequence, seen[item.Decision.JourneyID]+1; got != want {
					t.Fatalf("journey %s: got sequence %d, want %d", item.Decision.JourneyID, got, want)
				}
				seen[item.Decision.JourneyID]++
				total++
			}
			return total == writers*each
		})
		together.Wait()
	})
}

func wantJourney(t *testing.T, l *ledger.Ledger, want ledger.Journey) {
	t.Helper()
	got, err := l.Journey(t.Context(), want.Account, want.JourneyID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func wantDecisions(t *testing.T, l *ledger.Ledger, journeyID string, want ...journey.Decision) {
	t.Helper()
	got, err := l.Decisions(t.Context(), "bank", journeyID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]journey.Decision{}, want...), got); diff != "" {
		t.Error(diff)
	}
}

func TestFeedHasOnlyDecisionsOfItsAccounts(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		accounts := []string{"bank", "fintech", "telco"}
		for n := range 9 {
			d := decision("j", n/3+1, journey.OutcomeApproved)
			d.Account = accounts[n%3]
			d.ID = journey.DecisionID(d.Account, d.JourneyID, d.Sequence)
			mustSave(t, l, d, journey.Settled)
		}
		for _, tc := range []struct {
			accounts []string
			want     string
		}{
			{nil, ""}, {[]string{"bank"}, "b1 b2 b3"}, {[]string{"none"}, ""},
			{[]string{"telco", "bank"}, "b1 t1 b2 t2 b3 t3"}, {accounts, "b1 f1 t1 b2 f2 t2 b3 f3 t3"},
		} {
			var got []string
			for after := int64(0); ; {
				items, err := l.DecisionFeed(t.Context(), tc.accounts, after, 2)
				if err != nil {
					t.Fatal(err)
				}
				if len(items) == 0 {
					break
				}
				for _, item := range items {
					after = item.Position
					got = append(got, fmt.Sprintf("%.1s%d", item.Decision.Account, item.Decision.Sequence))
				}
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%v: got %v, want %s", tc.accounts, got, tc.want)
			}
		}
	})
}
