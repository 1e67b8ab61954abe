package ledger_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/ledger/ledgertest"
)

func TestRegisteredReferenceStays(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		register := func(reference, flow string) error {
			return l.Register(t.Context(), ledger.Journey{Account: "bank", JourneyID: "j1", Reference: reference, Flow: flow, Phase: journey.Settled})
		}
		mustDo(t, register("", "onboarding"))
		if v := mustView(t, l, "j1"); v.Phase != journey.AwaitingUserSteps || v.Flow != "onboarding" || v.Version != 1 {
			t.Errorf("got %+v, want the user's steps awaited", v)
		}
		vendor := ledger.Journey{Account: "bank", JourneyID: "j1", Reference: "mallory", Flow: "renewal", Phase: journey.CustomSteps, UpdatedAt: at(1)}
		mustDo(t, l.SaveJourney(t.Context(), vendor))
		if v := mustView(t, l, "j1"); v.Reference != "mallory" || v.Flow != "renewal" || v.Phase != journey.CustomSteps {
			t.Errorf("nothing was registered but the flow: got %+v", v)
		}
		mustDo(t, register("anna", ""))
		vendor.UpdatedAt = at(2)
		mustDo(t, l.SaveJourney(t.Context(), vendor))
		mustDo(t, register("anna", "other"))
		mustDo(t, register("", ""))
		if v := mustView(t, l, "j1"); v.Reference != "anna" || v.Flow != "renewal" || v.Phase != journey.CustomSteps {
			t.Errorf("got %+v", v)
		}
		if err := register("ben", ""); !errors.Is(err, ledger.ErrRegistered) {
			t.Errorf("another reference: got %v, want ErrRegistered", err)
		}
		for reference, want := range map[string]int{"anna": 1, "mallory": 0, "": 0} {
			if views, err := l.ByReference(t.Context(), "bank", reference); err != nil || len(views) != want {
				t.Errorf("reference %q: got %d journeys, %v, want %d", reference, len(views), err, want)
			}
		}
		if views, err := l.ByReference(t.Context(), "fintech", "anna"); err != nil || len(views) != 0 {
			t.Errorf("another account: got %v, %v", views, err)
		}
	})
}

func TestNewestApproved(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		for _, j := range []struct {
			id, reference string
			outcome       journey.Outcome
			minute        int
		}{
			{"old", "anna", journey.OutcomeApproved, 1}, {"b", "anna", journey.OutcomeApproved, 5}, {"a", "anna", journey.OutcomeApproved, 5},
			{"rejected", "anna", journey.OutcomeRejected, 9}, {"ben", "ben", journey.OutcomeApproved, 9}, {"none", "", journey.OutcomeApproved, 9},
		} {
			mustDo(t, l.Register(t.Context(), ledger.Journey{Account: "bank", JourneyID: j.id, Reference: j.reference}))
			d := decision(j.id, 1, j.outcome)
			d.DecidedAt = at(j.minute)
			mustSave(t, l, d, journey.Settled)
		}
		mustDo(t, l.Register(t.Context(), ledger.Journey{Account: "bank", JourneyID: "open", Reference: "cleo"}))
		for _, tc := range []struct {
			account, reference string
			want               []string
		}{
			{"bank", "anna", []string{"a", "b"}}, {"bank", "ben", []string{"ben"}}, {"bank", "cleo", nil},
			{"bank", "", nil}, {"bank", "nobody", nil}, {"fintech", "anna", nil},
		} {
			got, err := l.NewestApproved(t.Context(), tc.account, tc.reference)
			if diff := gocmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%s/%s: %v, -want +got:\n%s", tc.account, tc.reference, err, diff)
			}
		}
		newer := decision("b", 2, journey.OutcomeOnHold)
		newer.DecidedAt = at(10)
		mustSave(t, l, newer, journey.Settled)
		if got, err := l.NewestApproved(t.Context(), "bank", "anna"); err != nil || len(got) != 1 || got[0] != "a" {
			t.Errorf("after one was put on hold: got %v, %v", got, err)
		}
	})
}

// Long references are kept and found like others, also those that differ only at the end.
func TestReferenceMayBeLong(t *testing.T) {
	t.Parallel()
	ledgertest.Each(t, func(t *testing.T, url string) {
		l := ledgertest.Open(t, url)
		var b strings.Builder
		for n := range 3000 { // what can be compressed would fit an index
			fmt.Fprintf(&b, "%x", sha256.Sum256([]byte{byte(n), byte(n >> 8)}))
		}
		long := b.String()
		rows := map[string]int64{}
		for id, reference := range map[string]string{"j1": long + "1", "j2": long + "2"} {
			w := webhook(id)
			w.JourneyID, w.ReferenceNo = "", reference
			rows[id] = mustRecord(t, l, w)
			mustDo(t, l.SaveJourney(t.Context(), ledger.Journey{Account: "bank", JourneyID: id, Reference: reference, UpdatedAt: at(0)}))
		}
		views, err := l.ByReference(t.Context(), "bank", long+"2")
		if err != nil || len(views) != 1 || views[0].JourneyID != "j2" {
			t.Errorf("got %d journeys, %v, want j2 alone", len(views), err)
		}
		mustDo(t, l.Erase(t.Context(), "bank", "j2", at(1)))
		for id, want := range map[int64]string{rows["j1"]: long + "1", rows["j2"]: ""} {
			if w, err := l.Webhook(t.Context(), id); err != nil || w.ReferenceNo != want {
				t.Errorf("%s: a reference of %d bytes, %v, want %d", w.EventID, len(w.ReferenceNo), err, len(want))
			}
		}
	})
}
