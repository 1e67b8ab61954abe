package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func TestReviewsAreAQueue(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		soon := time.Now().Add(time.Hour).UTC()
		for n := range 5 {
			s := journey.Snapshot{At: at(20), Phase: journey.AwaitingReview, Since: at(n),
				Review: &journey.Review{ID: "r", Kind: journey.ReviewVendor, Since: at(n % 3), Ladder: journey.Ladder{EscalateAt: soon}}}
			mustSnapshot(t, l, fmt.Sprintf("j%d", n), s)
		}
		mustSnapshot(t, l, "both", inReview(20))
		paused := inReview(20)
		paused.Phase, paused.Alerts, paused.Review.Since = journey.AwaitingResubmission, nil, at(30)
		mustDo(t, l.SaveSnapshot(t.Context(), "fintech", "paused", paused))

		page := func(f ledger.ReviewFilter) (ids []string) {
			t.Helper()
			for {
				items, next, err := l.Reviews(t.Context(), f)
				mustDo(t, err)
				for _, i := range items {
					ids = append(ids, i.JourneyID+"/"+i.ID)
				}
				if f.After = next; next == "" {
					return ids
				}
			}
		}
		bank := []string{"j0/r", "j3/r", "both/r1", "j1/r", "j4/r", "both/a1", "j2/r"}
		for _, tc := range []struct {
			name   string
			filter ledger.ReviewFilter
			want   []string
		}{
			{"one account", ledger.ReviewFilter{Accounts: []string{"bank"}}, bank},
			{"page by page", ledger.ReviewFilter{Accounts: []string{"bank"}, Limit: 2}, bank},
			{"both accounts", ledger.ReviewFilter{Accounts: []string{"bank", "fintech"}, Limit: 3}, append(slices.Clone(bank), "paused/r1")},
			{"another account", ledger.ReviewFilter{Accounts: []string{"telco"}}, nil},
			{"no account", ledger.ReviewFilter{}, nil},
			{"alerts", ledger.ReviewFilter{Accounts: []string{"bank", "fintech"}, Kind: ledger.ReviewAML}, []string{"both/a1"}},
			{"local", ledger.ReviewFilter{Accounts: []string{"bank", "fintech"}, Kind: journey.ReviewLocal, Limit: 1}, []string{"both/r1", "paused/r1"}},
			{"overdue", ledger.ReviewFilter{Accounts: []string{"bank", "fintech"}, Overdue: true}, []string{"both/r1"}},
		} {
			if diff := gocmp.Diff(tc.want, page(tc.filter)); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.name, diff)
			}
		}
		items, _, err := l.Reviews(t.Context(), ledger.ReviewFilter{Accounts: []string{"bank"}, Kind: ledger.ReviewAML})
		want := []ledger.ReviewItem{{Account: "bank", JourneyID: "both", ID: "a1", Kind: "aml", Severity: "high", AMLVersion: 3, Since: at(2)}}
		if diff := gocmp.Diff(want, items); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
		for _, after := range []string{"!", "e30x", "AAAA"} {
			if _, _, err := l.Reviews(t.Context(), ledger.ReviewFilter{Accounts: []string{"bank"}, After: after}); !errors.Is(err, ledger.ErrCursor) {
				t.Errorf("cursor %q: got %v, want ErrCursor", after, err)
			}
		}
	})
}
