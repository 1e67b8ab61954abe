package ledger_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

// needing is a snapshot of a journey with these items of attention.
func needing(minute int, items ...journey.AttentionItem) journey.Snapshot {
	return journey.Snapshot{At: at(minute), Phase: journey.Settled, Since: at(0), Attention: items}
}

func TestAttentionIsGroupedByCode(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		denied := func(minute int, detail string) journey.AttentionItem {
			return journey.AttentionItem{Code: journey.AttentionVendorDenied, Since: at(minute), Detail: detail}
		}
		parked := func(minute int, endpoint string) journey.AttentionItem {
			return journey.AttentionItem{Code: journey.AttentionDeliveryParked, Since: at(minute), Detail: endpoint}
		}
		var first []string
		for n := range 12 {
			id := fmt.Sprintf("j%02d", n)
			mustSnapshot(t, l, id, needing(50, denied(40-n, fmt.Sprint(n)), denied(41, "again")))
			if n >= 2 {
				first = append([]string{id}, first...)
			}
		}
		mustSnapshot(t, l, "p", needing(50, parked(1, "core"), parked(2, "crm")))
		mustDo(t, l.SaveSnapshot(t.Context(), "fintech", "p", needing(50, parked(3, "core"))))
		mustDo(t, l.SaveSpotCheck(t.Context(), journey.SpotDecision{Account: "fintech", SpotID: "s1", Outcome: journey.SpotPassed, DecidedAt: at(5)}, "r"))
		mustDo(t, l.Acknowledge(t.Context(), "bank", journey.AttentionDeliveryParked, "core", "anna", at(60)))
		mustDo(t, l.Acknowledge(t.Context(), "bank", journey.AttentionDeliveryParked, "core", "ben", at(61)))

		bank := []ledger.Attention{
			{Account: "bank", Code: "delivery_parked", Detail: "core", Count: 1, Since: at(1), Journeys: []string{"p"}, AcknowledgedBy: "ben", AcknowledgedAt: at(61)},
			{Account: "bank", Code: "delivery_parked", Detail: "crm", Count: 1, Since: at(2), Journeys: []string{"p"}},
			{Account: "bank", Code: "vendor_denied", Count: 12, Since: at(29), Journeys: first},
		}
		fintech := []ledger.Attention{
			{Account: "fintech", Code: "delivery_parked", Detail: "core", Count: 1, Since: at(3), Journeys: []string{"p"}},
			{Account: "fintech", Code: "spot_check_unbound", Count: 1, Since: at(5), Journeys: []string{"s1"}},
		}
		for _, tc := range []struct {
			accounts []string
			want     []ledger.Attention
		}{
			{[]string{"bank"}, bank}, {[]string{"fintech"}, fintech}, {nil, nil},
			{[]string{"fintech", "bank"}, []ledger.Attention{bank[0], bank[1], fintech[0], fintech[1], bank[2]}},
		} {
			got, err := l.Attention(t.Context(), tc.accounts)
			if diff := gocmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%v: %v, -want +got:\n%s", tc.accounts, err, diff)
			}
		}
		err := l.Acknowledge(t.Context(), "fintech", journey.AttentionVendorDenied, "", "anna", at(60))
		if !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("acknowledging attention that is not open: got %v, want ErrNotFound", err)
		}
	})
}

// Both journeys' items are cleared at once; the last one ends the acknowledgement.
func TestAnAcknowledgementEndsWithItsLastItem(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		open := journey.AttentionItem{Code: journey.AttentionAMLGap, Since: at(0)}
		for round := range 10 {
			mustSnapshot(t, l, "j1", needing(3*round, open))
			mustSnapshot(t, l, "j2", needing(3*round, open))
			got, err := l.Attention(t.Context(), []string{"bank"})
			if err != nil || len(got) != 1 || got[0].Count != 2 || got[0].AcknowledgedBy != "" {
				t.Fatalf("round %d: got %+v, %v, want one that is not acknowledged", round, got, err)
			}
			mustDo(t, l.Acknowledge(t.Context(), "bank", journey.AttentionAMLGap, "", "anna", at(1)))
			mustSnapshot(t, l, "j1", needing(3*round+1, open, journey.AttentionItem{Code: journey.AttentionQuarantined, Since: at(1)}))
			if got, err = l.Attention(t.Context(), []string{"bank"}); err != nil || len(got) != 2 || got[0].AcknowledgedBy != "anna" {
				t.Fatalf("round %d: got %+v, %v, want the acknowledgement to stay", round, got, err)
			}
			var together sync.WaitGroup
			for _, id := range []string{"j1", "j2"} {
				together.Go(func() {
					if err := l.SaveSnapshot(t.Context(), "bank", id, needing(3*round+2)); err != nil {
						t.Error(err)
					}
				})
			}
			together.Wait()
		}
	})
}
